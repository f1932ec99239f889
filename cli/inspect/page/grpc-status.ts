/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const NAMES = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE',
  'DATA_LOSS', 'UNAUTHENTICATED'
] as const

/** `5 NOT_FOUND`. */
export function grpcName (status: number): string {
  return `${status} ${NAMES[status] ?? ''}`.trim()
}
