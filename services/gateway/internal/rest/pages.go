package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
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
	// Its name has a hash of its content: it never changes.
	hashed bool
}

// The pages load nothing from elsewhere and run no inline script. %s: where else the dashboard may connect to.
const contentPolicy = "default-src 'self'; connect-src 'self'%s; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// dashboardPaths are where the dashboard shows something of its own: it finds out there what. Everything else that is not
// declared is not there.
var dashboardPaths = []string{"/{$}", "/sign-in", "/signed-in", "/orders", "/orders/", "/errors", "/errors/", "/partners",
	"/partners/", "/audit"}

// readPages gives the files by URL path. `/docs` and `/docs/` are the same page.
func readPages(files fs.FS) (map[string]page, error) {
	pages := map[string]page{}
	add := func(address, file string) error {
		data, err := fs.ReadFile(files, file)
		if err == nil {
			hashed := strings.HasPrefix(address, "/assets/")
			pages[address] = page{path.Base(file), data, entityTag(data), typeOf(file), hashed}
		}
		return err
	}
	for address, file := range map[string]string{
		"/openapi.json": "generated/openapi.json", "/docs": "generated/docs/index.html",
		"/docs/": "generated/docs/index.html",
	} {
		if err := add(address, file); err != nil {
			return nil, err
		}
	}
	for folder, prefix := range map[string]string{"generated/docs": "generated", dashboardFolder: dashboardFolder} {
		err := fs.WalkDir(files, folder, func(file string, entry fs.DirEntry, err error) error {
			// The gateway makes its own config.json.
			if err != nil || entry.IsDir() || entry.Name() == "config.json" {
				return err
			}
			return add(strings.TrimPrefix(file, prefix), file)
		})
		if err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// readDashboard takes the dashboard's page from the others: it is served where the dashboard shows something, and has no
// address of its own.
func readDashboard(pages map[string]page) page {
	found := pages["/index.html"]
	delete(pages, "/index.html")
	return found
}

const dashboardFolder = "generated/dashboard"

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
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	default:
		return "text/plain; charset=utf-8"
	}
}

// addPages registers the files and the paths of the dashboard.
func (s *Server) addPages(compress func(http.Handler) http.HandlerFunc) {
	add := func(pattern, label string, handler http.HandlerFunc) {
		s.mux.Handle("GET "+pattern, compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requestOf(r.Context()).page = label
			handler(w, r)
		})))
	}
	for address, found := range s.pages {
		pattern, label := address, address
		switch {
		case strings.HasSuffix(address, "/"):
			pattern += "{$}"
		case found.hashed:
			// Their names would be labels without end.
			label = "/assets"
		}
		add(pattern, label, func(w http.ResponseWriter, r *http.Request) { s.serveFile(w, r, found) })
	}
	for _, pattern := range dashboardPaths {
		add(pattern, "/", func(w http.ResponseWriter, r *http.Request) { s.serveFile(w, r, s.dashboard) })
	}
	add("/config.json", "/config.json", s.serveConfig)
	for path, handler := range map[string]http.HandlerFunc{"/healthz": s.serveAlive, "/api/health": s.serveHealth} {
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			requestOf(r.Context()).page = path
			handler(w, r)
		})
	}
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, found page) {
	header := w.Header()
	header.Set("Content-Type", found.kind)
	header.Set("Content-Security-Policy", s.policy)
	header.Set("Cache-Control", "no-cache")
	if found.hashed {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	header.Set("Etag", found.tag)
	http.ServeContent(w, r, found.name, time.Time{}, bytes.NewReader(found.data))
}

// SignIn is what the dashboard needs to send a user to the OpenID Connect issuer.
type SignIn struct {
	Issuer   string `json:"issuer"`
	ClientID string `json:"clientId"`
	Scope    string `json:"scope"`
}

// policyFor lets the dashboard ask the issuer too.
func policyFor(signIn *SignIn) string {
	elsewhere := ""
	if signIn != nil {
		if issuer, err := url.Parse(signIn.Issuer); err == nil {
			elsewhere = " " + issuer.Scheme + "://" + issuer.Host
		}
	}
	return fmt.Sprintf(contentPolicy, elsewhere)
}

// serveConfig tells the dashboard where it is.
func (s *Server) serveConfig(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	// It has only texts.
	data, _ := json.Marshal(struct {
		APIBase string  `json:"apiBase"`
		OIDC    *SignIn `json:"oidc"`
	}{"", s.SignIn})
	_, _ = w.Write(append(data, '\n'))
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
