import type { ExecutionContext } from 'ava'
import { createGrpcServer, listenGrpc, type GrpcServer } from '../e2e/fixtures/grpc-service.ts'
import { mountProgram } from './mounted-program.ts'
import { deployApp } from './workload.ts'

/** A gRPC service `grpc-back` for the end of a chain, which says that it is `app`. */
export async function deployGrpcBack (namespace: string): Promise<void> {
  await deployApp(namespace, {
    name: 'grpc-back',
    program: await mountProgram(namespace, 'grpc-app.ts'),
    probe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
  })
}

/** A gRPC server on the developer's machine, under a name; ended with the test. */
export async function startGrpcProgram (
  t: ExecutionContext, name: string
): Promise<GrpcServer & { readonly port: number }> {
  const program = createGrpcServer(name)
  t.teardown(() => program.server.forceShutdown())
  return { ...program, port: await listenGrpc(program.server, '127.0.0.1:0') }
}
