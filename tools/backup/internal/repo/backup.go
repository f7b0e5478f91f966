// Package repo is where backups are kept: a folder or a bucket of objects named by their content.
//
//	objects/<2 hex digits>/<SHA-256>        a file of a store; written once, shared by all backups that have it
//	manifests/<UTC time>-<hash>.json        a backup; written last, so that there is no half of one. The time is in
//	                                        microseconds and puts them in order; the hash is that of its own
//	                                        content (16 hex digits of SHA-256): a changed manifest is noticed
//	running/<what>-<random>                 who is at work (lock.go)
package repo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// format of manifests. A newer one is refused.
const format = 1

// IDs sort by time, and the last one is the newest backup: two runs within a second must not be told apart by hashes.
// Time is in microseconds; IDs of earlier releases are in whole seconds.
const (
	idTimeLayout = "20060102T150405.000000Z"
	// Reads both: a fraction may follow the seconds.
	timeLayout = "20060102T150405Z"
)

// Backup is a set of stores that were copied in one run.
type Backup struct {
	Format int `json:"format"`
	// ID is the name of the manifest; it is not part of its content.
	ID string `json:"-"`
	// Time is when the run began, in microseconds.
	Time time.Time `json:"time"`
	// Version of ordermesh-backup.
	Version string  `json:"version"`
	Stores  []Store `json:"stores"`
}

// Store is a checkpoint of one shard of one store.
type Store struct {
	// Kind is order-store, error-store or partners.
	Kind  string `json:"kind"`
	Shard int    `json:"shard"`
	// Position is the last one that it contains.
	Position int64 `json:"position"`
	// Rows, StateHash, AuditOK and Problems are those of the audit of exactly this state.
	Rows      int64    `json:"rows"`
	StateHash string   `json:"stateHash"`
	AuditOK   bool     `json:"auditOk"`
	Problems  []string `json:"problems,omitempty"`
	// RecordVersion is the newest record format in it.
	RecordVersion int `json:"recordVersion"`
	// ServiceVersion is that of the service that took it.
	ServiceVersion string    `json:"serviceVersion"`
	CreateTime     time.Time `json:"createTime"`
	Files          []File    `json:"files"`
}

// File is one file of a data folder.
type File struct {
	// Path is relative to the data folder, with /.
	Path string `json:"path"`
	// Size in bytes.
	Size int64 `json:"size"`
	// SHA256 of the content in lower-case hex: the object's name.
	SHA256 string `json:"sha256"`
}

// Name tells the stores of a backup apart: "order-store/0".
func (s *Store) Name() string { return fmt.Sprintf("%s/%d", s.Kind, s.Shard) }

// Bytes of all files.
func (s *Store) Bytes() int64 {
	var sum int64
	for _, file := range s.Files {
		sum += file.Size
	}
	return sum
}

// Bytes of all stores.
func (b *Backup) Bytes() int64 {
	var sum int64
	for i := range b.Stores {
		sum += b.Stores[i].Bytes()
	}
	return sum
}

// encode gives the content of the manifest and sets the ID.
func (b *Backup) encode() ([]byte, error) {
	b.Format = format
	content, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return nil, err
	}
	content = append(content, '\n')
	b.ID = b.Time.UTC().Format(idTimeLayout) + "-" + shortHash(content)
	return content, nil
}

func shortHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

var (
	idPattern   = regexp.MustCompile(`^(\d{8}T\d{6}(?:\.\d{6})?Z)-([0-9a-f]{16})$`)
	hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
	filePattern = regexp.MustCompile(`^(acknowledged|db/[A-Za-z0-9_][A-Za-z0-9_.-]*)$`)
)

// decode checks that the content is that of the manifest with this ID, and that every path stays in its folder.
func decode(id string, content []byte) (*Backup, error) {
	parts := idPattern.FindStringSubmatch(id)
	if parts == nil {
		return nil, &DamagedError{ManifestKey(id), "it has no name of a manifest"}
	}
	if shortHash(content) != parts[2] {
		return nil, &DamagedError{ManifestKey(id), "its content does not fit its name: it was cut off or changed"}
	}
	backup := &Backup{ID: id}
	decoder := json.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(backup); err != nil {
		return nil, &DamagedError{ManifestKey(id), err.Error()}
	}
	if backup.Format != format {
		return nil, fmt.Errorf("%s has format %d; this program knows %d: use a newer one",
			ManifestKey(id), backup.Format, format)
	}
	for i := range backup.Stores {
		for _, file := range backup.Stores[i].Files {
			if !filePattern.MatchString(file.Path) || !filepath.IsLocal(file.Path) || file.Size < 0 ||
				!hashPattern.MatchString(file.SHA256) {
				return nil, &DamagedError{ManifestKey(id), fmt.Sprintf("it has no proper file %q", file.Path)}
			}
		}
	}
	return backup, nil
}

// ManifestKey is where a backup's manifest lies.
func ManifestKey(id string) string { return manifests + id + ".json" }

// ObjectKey is where the content with this hash lies.
func ObjectKey(sha256 string) string { return objects + sha256[:2] + "/" + sha256 }

func idOf(key string) string { return strings.TrimSuffix(strings.TrimPrefix(key, manifests), ".json") }

// DamagedError names what is not as it was written.
type DamagedError struct {
	Key, Problem string
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%s is damaged: %s", e.Key, e.Problem) }

// MissingError names what is not there.
type MissingError struct {
	Key string
}

func (e *MissingError) Error() string { return e.Key + " is missing" }
