import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** An app that knows nothing of headers: asks the back, and answers what that answered. */
public final class Handing {
    public static void main(String[] arguments) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> answer(exchange, request));
        server.start();
        System.out.println(server.getAddress().getPort());
    }

    private static void answer(HttpExchange exchange, HttpRequest request) throws IOException {
        try {
            byte[] body = HttpClient.newHttpClient().send(request, BodyHandlers.ofByteArray()).body();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
    }
}
