import type { ClusterDriver } from '../cluster.ts'
export const kindDriver: ClusterDriver = {
  async up () { throw new Error('kind: not written yet') },
  async down () {},
  async status () { return { kind: 'kind', state: 'down', detail: '' } }
}
