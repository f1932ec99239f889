import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../../common/contract.ts'

/** The baggage by which proxies know the same requests; only the default header has one. */
export function baggageOf ({ name, value }: { readonly name: string, readonly value: string }): string | undefined {
  return name.toLowerCase() === ROUTING_HEADER ? `${BAGGAGE_MEMBER}=${encodeURIComponent(value)}` : undefined
}
