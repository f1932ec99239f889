// Command closing-callers is callers that close first: each opens a connection, asks once, reads the answer and closes.
//
//	closing-callers <address:port> <callers> <seconds>
//
// It prints one line as wrk-report.lua does.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

const request = "GET / HTTP/1.1\r\nHost: app\r\n\r\n"

// ask returns how many bytes of a body came.
func ask(address string) (int64, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 1024), nil)
	if err != nil {
		return 0, err
	}
	bytes, err := io.Copy(io.Discard, response.Body)
	if err == nil && response.StatusCode != 200 {
		err = fmt.Errorf("status %d", response.StatusCode)
	}
	return bytes, err
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	address, callers := os.Args[1], number(os.Args[2])
	began := time.Now()
	end := began.Add(time.Duration(number(os.Args[3])) * time.Second)
	var mutex sync.Mutex
	var group sync.WaitGroup
	var latencies []time.Duration
	var bytes int64
	errors := 0
	for range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Now().Before(end) {
				start := time.Now()
				count, err := ask(address)
				mutex.Lock()
				bytes += count
				if err != nil {
					errors++
				} else {
					latencies = append(latencies, time.Since(start))
				}
				mutex.Unlock()
			}
		}()
	}
	group.Wait()
	took := time.Since(began)
	sort.Slice(latencies, func(a, b int) bool { return latencies[a] < latencies[b] })
	p50 := 0.0
	if len(latencies) > 0 {
		p50 = float64(latencies[len(latencies)/2].Nanoseconds()) / 1000
	}
	fmt.Printf("bench: requests=%d duration_us=%d bytes=%d p50_us=%.3f connect=%d read=0 write=0 status=0 timeout=0\n",
		len(latencies), took.Microseconds(), bytes, p50, errors)
}
