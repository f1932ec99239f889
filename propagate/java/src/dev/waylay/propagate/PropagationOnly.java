package dev.waylay.propagate;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * Turns everything of the agent off but carrying headers on, whatever OTEL_* variables and system properties say. They
 * stay the app's own: the agent alone sees what is set here, and an OpenTelemetry inside the app goes on with them.
 */
public final class PropagationOnly implements AutoConfigurationCustomizerProvider {
  private static final String FILE_PROPERTY = "otel.javaagent.configuration-file";

  @Override
  public void customize(AutoConfigurationCustomizer customizer) {
    Map<String, String> settings = new HashMap<>();
    readOurs(settings);
    settings.put("otel.sdk.disabled", "true");
    settings.put("otel.propagators", "tracecontext,baggage");
    for (String signal : new String[] {"traces", "metrics", "logs"}) {
      settings.put("otel." + signal + ".exporter", "none");
    }
    customizer.addPropertiesCustomizer(config -> settings);
  }

  /** The agent itself takes them last of all: a variable that turns an instrumentation off would count before. */
  private static void readOurs(Map<String, String> settings) {
    Properties ours = new Properties();
    try (InputStream file = new FileInputStream(System.getProperty(FILE_PROPERTY, ""))) {
      ours.load(file);
    } catch (IOException | RuntimeException unread) {
      // Then the agent has not read them either, and the app starts all the same.
      return;
    }
    for (String name : ours.stringPropertyNames()) settings.put(name, ours.getProperty(name));
  }

  /** Last, so that nobody changes it again. */
  @Override
  public int order() {
    return Integer.MAX_VALUE;
  }
}
