package dev.waylay.propagate;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import java.util.HashMap;
import java.util.Map;

/**
 * Turns everything of the agent off but carrying headers on, whatever OTEL_* variables and system properties say. They
 * stay the app's own: the agent alone sees what is set here, and an OpenTelemetry inside the app goes on with them.
 */
public final class PropagationOnly implements AutoConfigurationCustomizerProvider {
  @Override
  public void customize(AutoConfigurationCustomizer customizer) {
    Map<String, String> settings = new HashMap<>();
    settings.put("otel.sdk.disabled", "true");
    settings.put("otel.propagators", "tracecontext,baggage");
    for (String signal : new String[] {"traces", "metrics", "logs"}) {
      settings.put("otel." + signal + ".exporter", "none");
    }
    customizer.addPropertiesCustomizer(config -> settings);
  }

  /** Last, so that nobody changes it again. */
  @Override
  public int order() {
    return Integer.MAX_VALUE;
  }
}
