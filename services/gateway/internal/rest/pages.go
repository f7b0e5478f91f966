package rest

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// page is one file that is served.
type page struct {
	name string
	data []byte
	tag  string
	kind string
}

// The pages load nothing from elsewhere and run no inline script.
const contentPolicy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// readPages gives the files by URL path. `/docs` and `/docs/` are the same page.
func readPages(files fs.FS) (map[string]page, error) {
	pages := map[string]page{}
	add := func(url, file string) error {
		data, err := fs.ReadFile(files, file)
		if err == nil {
			pages[url] = page{path.Base(file), data, entityTag(data), typeOf(file)}
		}
		return err
	}
	for url, file := range map[string]string{
		"/": "index.html", "/openapi.json": "generated/openapi.json", "/docs": "generated/docs/index.html",
		"/docs/": "generated/docs/index.html",
	} {
		if err := add(url, file); err != nil {
			return nil, err
		}
	}
	err := fs.WalkDir(files, "generated/docs", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(strings.TrimPrefix(file, "generated"), file)
	})
	return pages, err
}

// typeOf does not ask the machine's own table, which may be any.
func typeOf(file string) string {
	switch path.Ext(file) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	default:
		return "text/plain; charset=utf-8"
	}
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	found, ok := s.pages[r.URL.Path]
	if !ok {
		writeError(w, requestOf(r.Context()), errNoSuchPath)
		return
	}
	header := w.Header()
	header.Set("Content-Type", found.kind)
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("Cache-Control", "no-cache")
	header.Set("Etag", found.tag)
	http.ServeContent(w, r, found.name, time.Time{}, bytes.NewReader(found.data))
}

// serveAlive says that the process answers.
func (s *Server) serveAlive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`{"status":"SERVING"}` + "\n"))
}

// serveHealth says how each service stands: 200 where all serve, 503 otherwise.
func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	states, serving := s.Health()
	answer := struct {
		Status   string            `json:"status"`
		Services map[string]string `json:"services"`
	}{"SERVING", states}
	if !serving {
		answer.Status = "NOT_SERVING"
		w.Header().Set("Retry-After", "1")
	}
	data, err := json.Marshal(answer)
	if err != nil {
		data = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !serving {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(data, '\n'))
}
