import { appAddress } from '../../browse/app-address.ts'
import type { Mapping } from '../../browse/url-map.ts'

/** A preview on this machine of the Service payments in the namespace shop, port 8080, whose pods listen on 3000. */
export const PREVIEW: Mapping = {
  preview: 'http://127.0.0.1:24110',
  app: appAddress({ service: 'payments', namespace: 'shop', port: 8080, tls: false, otherPorts: [3000], otherNames: ['10.96.3.7'] })
}

/** One behind a gateway that speaks TLS. */
export const SHARED: Mapping = { ...PREVIEW, preview: 'https://p-3f2a.preview.example.org' }
