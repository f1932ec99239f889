export const CILIUM_GROUP = 'cilium.io'
