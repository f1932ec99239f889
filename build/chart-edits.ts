import { VERSION } from '../common/version.ts'

/** A piece of a manifest that stands there once, and what the template has in its place. */
export type Edit = readonly [place: string | RegExp, put: string]

function image (name: string): string {
  return `{{ printf "%s/${name}:%s" (.Values.image.registry | trimSuffix "/") (.Values.image.tag | default .Chart.AppVersion) | quote }}`
}

/** The webhook's Deployment. */
export const DEPLOYMENT_EDITS: readonly Edit[] = [
  ['replicas: 2\n', 'replicas: {{ .Values.replicas }}\n'],
  [`image: waylay/webhook:${VERSION}\n`, `image: ${image('webhook')}\n`],
  [`value: waylay/sidecar:${VERSION}\n`, `value: ${image('sidecar')}\n`],
  [`value: waylay/propagate:${VERSION}\n`, `value: ${image('propagate')}\n`],
  ['imagePullPolicy: IfNotPresent\n', 'imagePullPolicy: {{ .Values.image.pullPolicy }}\n'],
  ['              value: IfNotPresent\n', '              value: {{ .Values.image.pullPolicy }}\n'],
  ['              value: info\n', '              value: {{ .Values.logLevel }}\n'],
  // With its comments; values.yaml has the same numbers, which a test compares.
  [/^ {10}resources:\n(?: {12,}.*\n)+/m, '          resources: {{ toJson .Values.resources }}\n'],
  ['                  fieldPath: metadata.namespace\n', `                  fieldPath: metadata.namespace
            {{- with .Values.imagePullSecret }}
            - name: WAYLAY_IMAGE_PULL_SECRET
              value: {{ . | quote }}
            {{- end }}
            {{- with .Values.preview.domain }}
            - name: WAYLAY_PREVIEW_DOMAIN
              value: {{ . | quote }}
            {{- end }}
            {{- with .Values.certificateSecret }}
            - name: WAYLAY_CERTIFICATE_SECRET
              value: {{ . | quote }}
            {{- end }}
`],
  ['          readinessProbe:\n', `          {{- if .Values.imagePullSecret }}
          volumeMounts:
            - name: pull-secret
              mountPath: /run/waylay-pull-secret
              readOnly: true
          {{- end }}
          readinessProbe:
`],
  ['      serviceAccountName: waylay-webhook\n', `      {{- with .Values.imagePullSecret }}
      imagePullSecrets:
        - name: {{ . | quote }}
      volumes:
        - name: pull-secret
          secret:
            secretName: {{ . | quote }}
            optional: true
      {{- end }}
      serviceAccountName: waylay-webhook
`]
]

/** The preview gateway's objects, by the names of their files. */
export const PREVIEW_EDITS: Readonly<Record<string, readonly Edit[]>> = {
  service: [
    ['    - name: https\n      port: 443\n', `    {{- if .Values.preview.tlsSecret }}
    - name: https
      port: 443
    {{- else }}
    - name: http
      port: 80
    {{- end }}
`]
  ],
  deployment: [
    ['replicas: 2\n', 'replicas: {{ .Values.preview.replicas }}\n'],
    [`image: waylay/preview:${VERSION}\n`, `image: ${image('preview')}\n`],
    ['imagePullPolicy: IfNotPresent\n', 'imagePullPolicy: {{ .Values.image.pullPolicy }}\n'],
    ['value: preview.example.com\n', 'value: {{ .Values.preview.domain | quote }}\n'],
    ['value: secret\n', 'value: {{ ternary "secret" "ingress" (ne .Values.preview.tlsSecret "") }}\n'],
    ['              value: info\n', '              value: {{ .Values.logLevel }}\n'],
    ['secretName: waylay-preview-tls\n', 'secretName: {{ .Values.preview.tlsSecret | default "waylay-preview-tls" }}\n'],
    ['      serviceAccountName: waylay-preview\n', `      {{- with .Values.imagePullSecret }}
      imagePullSecrets:
        - name: {{ . | quote }}
      {{- end }}
      serviceAccountName: waylay-preview
`]
  ]
}

/** Reading the one Secret that holds a supplied certificate. */
export const CERTIFICATE_EDITS: readonly Edit[] = [
  ['resourceNames: [waylay-tls]\n', 'resourceNames: [{{ .Values.certificateSecret | quote }}]\n']
]
