/**
 * A review as the API server sends it for a pod of a Deployment, of ordinary size, `UID` in place of its uid. It says
 * that it is a dry run: the pod will not appear, and nobody shall wait for it.
 */
export function reviewFor (namespace: string): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: 'UID',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      namespace,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        uid: '5c2d4a54-0000-4000-8000-000000000001',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
      },
      object: pod(namespace),
      oldObject: null,
      dryRun: true,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' }
    }
  })
}

const TOKEN_MOUNT = {
  name: 'kube-api-access-x7l2p', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount'
}

function pod (namespace: string): object {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      generateName: 'payments-7d9c5b8f6-',
      namespace,
      labels: { app: 'payments', 'app.kubernetes.io/part-of': 'shop', 'pod-template-hash': '7d9c5b8f6' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090' },
      ownerReferences: [{
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'payments-7d9c5b8f6',
        uid: '8d7f1f0c-0000-4000-8000-000000000002',
        controller: true,
        blockOwnerDeletion: true
      }],
      managedFields: [{
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-11-29T12:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:generateName': {}, 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': { 'f:containers': {} } }
      }]
    },
    spec: {
      volumes: [
        { name: 'config', configMap: { name: 'payments', defaultMode: 420 } },
        { name: TOKEN_MOUNT.name, projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }], defaultMode: 420 } }
      ],
      containers: [appContainer(), metricsContainer()],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      securityContext: {},
      schedulerName: 'default-scheduler',
      tolerations: ['not-ready', 'unreachable'].map(name =>
        ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority'
    },
    status: {}
  }
}

function appContainer (): object {
  const probe = { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }
  return {
    name: 'payments',
    image: 'registry.example.org/shop/payments:1.42.0',
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }, { name: 'grpc', containerPort: 9000, protocol: 'TCP' }],
    env: Array.from({ length: 20 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-of-the-setting-${index}` })),
    resources: { limits: { memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
    volumeMounts: [{ name: 'config', mountPath: '/etc/payments' }, TOKEN_MOUNT],
    livenessProbe: probe,
    readinessProbe: probe,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent'
  }
}

function metricsContainer (): object {
  return {
    name: 'exporter',
    image: 'registry.example.org/shop/exporter:3',
    ports: [{ name: 'metrics', containerPort: 9090, protocol: 'TCP' }],
    resources: { requests: { cpu: '10m', memory: '32Mi' } },
    volumeMounts: [TOKEN_MOUNT],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent'
  }
}
