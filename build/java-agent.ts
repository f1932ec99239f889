import type { MavenArtifact } from './fetch-maven.ts'

/** OpenTelemetry's agent for Java: for waylay.dev/propagate and for the tests' stock apps; see docs/propagation.md. */
export const JAVA_AGENT: MavenArtifact = {
  group: 'io.opentelemetry.javaagent',
  name: 'opentelemetry-javaagent',
  version: '2.33.1',
  sha256: 'e43a270df53c6f423e0ab157be9c27ccc01d5dc3232e162fe54777573db2f149'
}

/** What an extension of the agent is compiled against. */
export const JAVA_AGENT_SPI: MavenArtifact = {
  group: 'io.opentelemetry',
  name: 'opentelemetry-sdk-extension-autoconfigure-spi',
  version: '1.64.0',
  sha256: 'fe2ad1664db73025c1e7be29545e09f191ece557d5a0043f2d39df15ff9a62ab'
}
