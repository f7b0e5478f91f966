package repo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///folder
	_ "gocloud.dev/blob/s3blob"   // s3://bucket
	"gocloud.dev/gcerrors"
	"golang.org/x/sys/unix"
)

const (
	objects   = "objects/"
	manifests = "manifests/"
	running   = "running/"

	// A part of an upload; two are under way for each file.
	partBytes   = 8 << 20
	partsAtOnce = 2
	// A manifest with 100,000 files has about 20 MB.
	maxManifestBytes = 256 << 20

	attempts   = 5
	firstPause = 200 * time.Millisecond
)

// Repo is one place for backups. Safe for concurrent use.
type Repo struct {
	bucket *blob.Bucket
	// Set where it is a folder of this machine.
	folder string
}

// Open takes a URL: file:///folder (made where it is missing and `create` says so), or s3://bucket?region=...&prefix=backups/ with
// &endpoint=https://...&use_path_style=true for other S3-compatible storage. Credentials are those of the AWS SDK: the
// environment, a profile, the pod's or the machine's role.
func Open(ctx context.Context, target string, create bool) (*Repo, error) {
	address, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("%q is no URL: %w", target, err)
	}
	repo := &Repo{}
	switch address.Scheme {
	case "file":
		if address.Host != "" && address.Host != "localhost" {
			return nil, fmt.Errorf("%q names a host: write file:///folder", target)
		}
		address.Host = ""
		if create {
			if err := os.MkdirAll(address.Path, 0o700); err != nil {
				return nil, err
			}
		} else if _, err := os.Stat(address.Path); errors.Is(err, os.ErrNotExist) {
			return nil, &MissingError{address.Path}
		}
		repo.folder = address.Path
		query := address.Query()
		// Renames stay within the folder; there is nothing to keep beside the content.
		query.Set("no_tmp_dir", "true")
		query.Set("metadata", "skip")
		address.RawQuery = query.Encode()
	case "s3":
		query := address.Query()
		if !query.Has("response_checksum_validation") {
			// What is read is compared with its name: the SDK's own checksums would only say less.
			query.Set("response_checksum_validation", "when_required")
		}
		address.RawQuery = query.Encode()
	default:
		return nil, fmt.Errorf("%q: backups are kept under file:///folder or s3://bucket", target)
	}
	if repo.bucket, err = blob.OpenBucket(ctx, address.String()); err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", target, err)
	}
	return repo, nil
}

// Close lets go of connections.
func (r *Repo) Close() error { return r.bucket.Close() }

// Has tells whether an object is there with this size.
func (r *Repo) Has(ctx context.Context, sha256 string, size int64) (bool, error) {
	var there bool
	err := retry(ctx, func() error {
		attributes, err := r.bucket.Attributes(ctx, ObjectKey(sha256))
		there = err == nil && attributes.Size == size
		if gcerrors.Code(err) == gcerrors.NotFound {
			return nil
		}
		return err
	})
	return there, err
}

// ErrContent says that what was read is not what the hash says.
var ErrContent = errors.New("the content does not have its hash")

// Put stores what `open` reads, from its beginning for each attempt, under its hash; nothing where it has another one
// (ErrContent).
func (r *Repo) Put(ctx context.Context, sha256 string, open func() (io.ReadCloser, error)) error {
	return retry(ctx, func() error {
		from, err := open()
		if err != nil {
			return &sourceError{err}
		}
		defer from.Close()
		return r.put(ctx, sha256, from)
	})
}

func (r *Repo) put(ctx context.Context, want string, from io.Reader) error {
	// A writer is closed without a trace where its context has ended.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	to, err := r.bucket.NewWriter(ctx, ObjectKey(want), writerOptions("application/octet-stream"))
	if err != nil {
		return err
	}
	sum := sha256.New()
	source := &sourceReader{from: io.TeeReader(from, sum)}
	_, err = io.Copy(to, source)
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != want {
		err = &sourceError{ErrContent}
	}
	if err != nil {
		cancel()
		_ = to.Close()
		if source.err != nil {
			return &sourceError{source.err}
		}
		return err
	}
	return to.Close()
}

// Commit writes the manifest: the backup is there from now on. Sets its ID.
func (r *Repo) Commit(ctx context.Context, backup *Backup) error {
	content, err := backup.encode()
	if err != nil {
		return err
	}
	// A file:// repository is on a disk that may lose power: objects must be there before the manifest says so.
	if err := r.sync(); err != nil {
		return err
	}
	err = retry(ctx, func() error {
		return r.bucket.WriteAll(ctx, ManifestKey(backup.ID), content, writerOptions("application/json"))
	})
	if err != nil {
		return err
	}
	return r.sync()
}

func (r *Repo) sync() error {
	if r.folder == "" {
		return nil
	}
	folder, err := os.Open(r.folder)
	if err != nil {
		return err
	}
	defer folder.Close()
	return unix.Syncfs(int(folder.Fd()))
}

func writerOptions(contentType string) *blob.WriterOptions {
	return &blob.WriterOptions{
		ContentType:                 contentType,
		DisableContentTypeDetection: true,
		BufferSize:                  partBytes,
		MaxConcurrency:              partsAtOnce,
	}
}

// Fetch writes an object to `to` and gives ErrContent-like damage by name: *DamagedError, *MissingError. Not retried:
// `to` keeps what was written.
func (r *Repo) Fetch(ctx context.Context, want string, size int64, to io.Writer) error {
	key := ObjectKey(want)
	from, err := r.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return &MissingError{key}
	}
	if err != nil {
		return err
	}
	defer from.Close()
	sum := sha256.New()
	// One byte more than there should be is enough to know.
	got, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(from, size+1))
	if err != nil {
		return err
	}
	return checkContent(key, want, size, got, sum)
}

func checkContent(key, want string, size, got int64, sum hash.Hash) error {
	if got != size {
		return &DamagedError{key, fmt.Sprintf("it has not the %d bytes that it should have", size)}
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return &DamagedError{key, "its content does not have the hash in its name"}
	}
	return nil
}

// IDs of all backups, oldest first; of damaged ones too.
func (r *Repo) IDs(ctx context.Context) ([]string, error) {
	var ids []string
	err := r.each(ctx, manifests, func(object *blob.ListObject) error {
		ids = append(ids, idOf(object.Key))
		return nil
	})
	slices.Sort(ids)
	return ids, err
}

// Read gives a backup. "latest" is the newest. *MissingError, *DamagedError.
func (r *Repo) Read(ctx context.Context, id string) (*Backup, error) {
	if id == "latest" {
		ids, err := r.IDs(ctx)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, &MissingError{"a backup (there is none yet)"}
		}
		id = ids[len(ids)-1]
	}
	var content []byte
	err := retry(ctx, func() error {
		from, err := r.bucket.NewReader(ctx, ManifestKey(id), nil)
		if err != nil {
			return err
		}
		defer from.Close()
		content, err = io.ReadAll(io.LimitReader(from, maxManifestBytes))
		return err
	})
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, &MissingError{"the backup " + id}
	}
	if err != nil {
		return nil, err
	}
	return decode(id, content)
}

// each calls `visit` for everything whose name begins with the prefix.
func (r *Repo) each(ctx context.Context, prefix string, visit func(*blob.ListObject) error) error {
	list := r.bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(object); err != nil {
			return err
		}
	}
}

// delete removes what may be gone already.
func (r *Repo) delete(ctx context.Context, key string) error {
	return retry(ctx, func() error {
		err := r.bucket.Delete(ctx, key)
		if gcerrors.Code(err) == gcerrors.NotFound {
			return nil
		}
		return err
	})
}

// sourceError is a failure of what is stored, not of the storage: no attempt here mends it.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// sourceReader remembers that it was the source that failed.
type sourceReader struct {
	from io.Reader
	err  error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// retry calls `attempt` again after a pause that doubles, unless the error will not go away.
func retry(ctx context.Context, attempt func() error) error {
	pause := firstPause
	for i := 1; ; i++ {
		err := attempt()
		if err == nil || i == attempts || !transient(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

func transient(err error) bool {
	var source *sourceError
	var damaged *DamagedError
	var missing *MissingError
	if errors.As(err, &source) || errors.As(err, &damaged) || errors.As(err, &missing) {
		return false
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound, gcerrors.PermissionDenied, gcerrors.InvalidArgument, gcerrors.Canceled,
		gcerrors.FailedPrecondition, gcerrors.Unimplemented:
		return false
	}
	// A folder: nothing of it comes back by waiting.
	for _, hopeless := range []error{unix.ENOSPC, unix.EROFS, unix.EACCES, unix.EPERM} {
		if errors.Is(err, hopeless) {
			return false
		}
	}
	return !strings.Contains(err.Error(), "no space left on device")
}
