package registry

import (
	"net/http"
	"os"
)

// JournalPath is where a registry with a journal shows it: who asks for
// images can see that, and by whom, it was asked.
const JournalPath = "/access.log"

// journaled logs requests to the file at path, and shows the file.
func journaled(next http.Handler, path string, name func(remote string) string) (http.Handler, error) {
	// The logs of a cluster of the same name may be there: this is another one.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	log := logged(next, file, name)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == JournalPath {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			http.ServeFile(w, r, path)
			return
		}
		log.ServeHTTP(w, r)
	}), nil
}
