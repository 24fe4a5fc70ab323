package registry

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// logged writes a line for each request when it is answered. name, if not nil,
// says who a remote address is.
func logged(next http.Handler, log io.Writer, name func(remote string) string) http.Handler {
	if log == nil {
		return next
	}
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c := &counter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(c, r)
		remote := r.RemoteAddr
		if name != nil {
			remote = name(remote)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(log, "%s %s %q %d %d %s %q\n", start.UTC().Format(time.RFC3339), remote,
			r.Method+" "+r.URL.RequestURI(), c.status, c.bytes, time.Since(start).Round(time.Microsecond), r.UserAgent())
	})
}

type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// ReadFrom lets net/http send files with sendfile(2), past our memory.
func (c *counter) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(c.ResponseWriter, r)
	c.bytes += n
	return n, err
}
