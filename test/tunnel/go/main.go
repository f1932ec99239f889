// Command yamux-peer is the other end of the interoperability tests: the real hashicorp/yamux over one TCP connection.
//
//	yamux-peer -connect 127.0.0.1:4711 -role client|server -task serve|call [-streams n] [-bytes n]
//	           [-close-timeout 5m]
//
// serve answers every stream the tests open; the first byte of a stream says how:
//
//	e  echo until the end, then end
//	h  half-close: read to the end, answer with the SHA-256 in hexadecimal, end
//	r  end at once, and reset after the close timeout because the other side does not end
//
// call opens the streams itself, sends bytes/streams random bytes on each while it reads the echo, ends, and compares.
// The last line on standard output is a JSON object; any failure is a line on standard error and exit code 1.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"hash"
	"io"
	"math/rand"
	"net"
	"os"
	"time"

	"github.com/hashicorp/yamux"
)

func main() {
	address := flag.String("connect", "", "address the test listens on")
	role := flag.String("role", "server", "yamux role: client or server")
	task := flag.String("task", "serve", "serve or call")
	streams := flag.Int("streams", 1, "streams to open")
	bytes := flag.Int("bytes", 0, "bytes to echo, over all streams")
	closeTimeout := flag.Duration("close-timeout", 5*time.Minute, "time from our end of a stream to its reset")
	flag.Parse()
	result, err := run(*address, *role, *closeTimeout, *task, *streams, *bytes)
	if err != nil {
		fmt.Fprintln(os.Stderr, "yamux-peer:", err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func run(address, role string, closeTimeout time.Duration, task string, streams, bytes int) (map[string]any, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	session, err := open(conn, role, closeTimeout)
	if err != nil {
		return nil, err
	}
	if task == "serve" {
		return serve(session)
	}
	return call(session, streams, bytes/streams)
}

func open(conn net.Conn, role string, closeTimeout time.Duration) (*yamux.Session, error) {
	config := yamux.DefaultConfig()
	config.StreamCloseTimeout = closeTimeout
	// A thousand streams at once are more than its backlog of 256, past which it resets new ones.
	config.AcceptBacklog = 2048
	config.LogOutput = os.Stderr
	if role == "client" {
		return yamux.Client(conn, config)
	}
	return yamux.Server(conn, config)
}

func serve(session *yamux.Session) (map[string]any, error) {
	served := 0
	for {
		stream, err := session.AcceptStream()
		// The tests end the session by GoAway and FIN; both are a normal end here.
		if err != nil {
			return map[string]any{"served": served}, nil
		}
		served++
		go answer(stream)
	}
}

func answer(stream *yamux.Stream) {
	kind := make([]byte, 1)
	if _, err := io.ReadFull(stream, kind); err != nil {
		fmt.Fprintln(os.Stderr, "yamux-peer: first byte:", err)
		return
	}
	switch kind[0] {
	case 'e':
		io.Copy(stream, stream)
	case 'h':
		sum := sha256.New()
		io.Copy(sum, stream)
		io.WriteString(stream, hex.EncodeToString(sum.Sum(nil)))
	}
	stream.Close()
}

func call(session *yamux.Session, streams, bytesEach int) (map[string]any, error) {
	results := make(chan error, streams)
	for index := 0; index < streams; index++ {
		go func() { results <- callOne(session, int64(index), bytesEach) }()
	}
	for index := 0; index < streams; index++ {
		if err := <-results; err != nil {
			return nil, err
		}
	}
	roundTrip, err := session.Ping()
	if err != nil {
		return nil, err
	}
	if err := session.GoAway(); err != nil {
		return nil, err
	}
	return map[string]any{"streams": streams, "bytes": streams * bytesEach, "pinged": roundTrip > 0}, session.Close()
}

func callOne(session *yamux.Session, seed int64, bytes int) error {
	stream, err := session.OpenStream()
	if err != nil {
		return err
	}
	sent, received := sha256.New(), sha256.New()
	wrote := make(chan error, 1)
	go func() { wrote <- send(stream, sent, seed, bytes) }()
	count, err := io.Copy(received, stream)
	if err != nil {
		return err
	}
	if err := <-wrote; err != nil {
		return err
	}
	if count != int64(bytes) || hex.EncodeToString(sent.Sum(nil)) != hex.EncodeToString(received.Sum(nil)) {
		return fmt.Errorf("stream %d: %d of %d bytes came back, or others", stream.StreamID(), count, bytes)
	}
	return nil
}

// send ends the stream afterwards: Close of hashicorp/yamux is a half-close, reading goes on.
func send(stream *yamux.Stream, sum hash.Hash, seed int64, bytes int) error {
	source := io.LimitReader(rand.New(rand.NewSource(seed)), int64(bytes))
	if _, err := io.Copy(io.MultiWriter(stream, sum), source); err != nil {
		return err
	}
	return stream.Close()
}
