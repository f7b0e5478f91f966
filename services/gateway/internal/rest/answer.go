package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// answer holds a read's answer back until its ETag is known.
type answer struct {
	http.ResponseWriter
	status int
	parts  [][]byte
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write keeps p: grpc-gateway does not use it again.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.parts = append(a.parts, p)
	return len(p), nil
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) data() []byte {
	if len(a.parts) == 1 {
		return a.parts[0]
	}
	return bytes.Join(a.parts, nil)
}

// entityTag is a strong ETag: equal for equal bytes only.
func entityTag(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// sendTagged answers a read: 304 where the client has it already.
func sendTagged(w http.ResponseWriter, r *http.Request, data []byte, tag string) {
	header := w.Header()
	header.Set("Etag", tag)
	if matches(r.Header.Values("If-None-Match"), tag) {
		header.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(data)
}

// gzipSuffix tells the compressed form of an answer from the plain one, whose bytes are others.
const gzipSuffix = "-gzip"

func matches(fields []string, tag string) bool {
	for _, field := range fields {
		for candidate := range strings.SplitSeq(field, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == "*" || candidate == tag || strings.Replace(candidate, gzipSuffix+`"`, `"`, 1) == tag {
				return true
			}
		}
	}
	return false
}

const (
	maxStats      = 1024
	maxStatsBytes = 256 << 10
)

// statsCache keeps statistics for a while, as document 002 asks for: one answer a scope and query.
type statsCache struct {
	ttl     time.Duration
	now     func() time.Time
	entries *lru.Cache[string, cachedStats]
}

type cachedStats struct {
	data []byte
	tag  string
	made time.Time
}

func newStatsCache(ttl time.Duration) (*statsCache, error) {
	entries, err := lru.New[string, cachedStats](maxStats)
	return &statsCache{ttl: ttl, now: time.Now, entries: entries}, err
}

// statsKey tells apart what two callers may see and what they asked for.
func statsKey(scope string, r *http.Request) string {
	return scope + "\x00" + r.URL.Path + "\x00" + r.URL.Query().Encode()
}

// wantsExact says whether the client refuses an answer from memory.
func wantsExact(header http.Header) bool {
	control := strings.ToLower(strings.Join(header.Values("Cache-Control"), ",") + "," + header.Get("Pragma"))
	for directive := range strings.SplitSeq(control, ",") {
		switch strings.TrimSpace(directive) {
		case "no-cache", "no-store", "max-age=0":
			return true
		}
	}
	return false
}

// get gives what is known and how old it is.
func (c *statsCache) get(key string) (found cachedStats, age time.Duration, ok bool) {
	found, ok = c.entries.Get(key)
	age = c.now().Sub(found.made)
	return found, age, ok && age < c.ttl && age >= 0
}

func (c *statsCache) put(key string, data []byte, tag string) {
	if c.ttl > 0 && len(data) <= maxStatsBytes {
		c.entries.Add(key, cachedStats{data, tag, c.now()})
	}
}

// headers says how long the client may keep the answer.
func (c *statsCache) headers(header http.Header, age time.Duration) {
	if c.ttl == 0 {
		header.Set("Cache-Control", "private, no-cache")
		return
	}
	header.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(c.ttl.Seconds())))
	header.Set("Age", strconv.Itoa(int(age.Seconds())))
}
