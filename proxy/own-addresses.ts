import { networkInterfaces } from 'node:os'

/** Every address of this pod, those on lo too. Asked each time: a pod may get its second family late. */
export function ownAddresses (): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address))
}
