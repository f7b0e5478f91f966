package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"ordermesh.dev/backup/internal/repo"
)

const (
	// Where a restore is made ready. A store refuses to start beside it.
	readyFolder = ".restore"
	database    = "db"
	mark        = "acknowledged"

	fetchAttempts = 3
)

// ErrHoldsStore says that there is a store already: nothing was done.
var ErrHoldsStore = errors.New("the folder already holds a store: nothing was restored")

// UnfitError says why a restore cannot be made here.
type UnfitError struct{ Why string }

func (e *UnfitError) Error() string { return e.Why }

// Find gives a store of a backup, or says which it has.
func Find(backup *repo.Backup, kind string, shard int) (*repo.Store, error) {
	var names []string
	for i := range backup.Stores {
		store := &backup.Stores[i]
		if store.Kind == kind && store.Shard == shard {
			return store, nil
		}
		names = append(names, store.Name())
	}
	return nil, &UnfitError{fmt.Sprintf("the backup %s has no %s/%d; it has %s",
		backup.ID, kind, shard, strings.Join(names, ", "))}
}

// CheckFolder tells whether a store can be restored into a folder: it is new or empty, or an interrupted restore is all
// that it has. ErrHoldsStore, *UnfitError.
func CheckFolder(data string) error {
	entries, err := os.ReadDir(data)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, entry := range entries {
		names[entry.Name()] = true
	}
	if names[database] {
		// The database is put in its place last: the restore beside it has ended.
		return ErrHoldsStore
	}
	interrupted := names[readyFolder]
	for name := range names {
		// A fresh ext4 volume has lost+found. The mark is put in its place first.
		if name == readyFolder || name == "lost+found" || (name == mark && interrupted) {
			continue
		}
		return &UnfitError{fmt.Sprintf("%s is not empty (it has %s): a store is restored into a new or empty folder only",
			data, name)}
	}
	return nil
}

// Restore writes a store into a folder that CheckFolder accepts. Every file is checked while it is written; the store
// is put in its place when all are on the disk. What was interrupted is simply done again.
func Restore(ctx context.Context, from *repo.Repo, store *repo.Store, data string, progress *Progress) error {
	if err := CheckFolder(data); err != nil {
		return err
	}
	ready := filepath.Join(data, readyFolder)
	// An interrupted restore may have put it there; while the folder of that one is beside it, it is known whose it is.
	if err := os.Remove(filepath.Join(data, mark)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.RemoveAll(ready); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(ready, database), 0o700); err != nil {
		return err
	}
	if err := checkSpace(data, store); err != nil {
		_ = os.RemoveAll(ready)
		return err
	}
	progress.Doing.Store("restoring")
	progress.Total.Store(store.Bytes())
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, file := range store.Files {
		group.Go(func() error { return fetch(groupCtx, from, file, ready, progress) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return putInPlace(data, ready)
}

// fetch writes one file, from its beginning for each attempt.
func fetch(ctx context.Context, from *repo.Repo, file repo.File, ready string, progress *Progress) error {
	for attempt := 1; ; attempt++ {
		err := fetchOnce(ctx, from, file, ready, progress)
		var damaged *repo.DamagedError
		var missing *repo.MissingError
		final := errors.As(err, &damaged) || errors.As(err, &missing) || errors.Is(err, unix.ENOSPC)
		if err == nil || final || attempt == fetchAttempts || ctx.Err() != nil {
			if err != nil {
				err = fmt.Errorf("%s: %w", file.Path, err)
			}
			return err
		}
	}
}

func fetchOnce(ctx context.Context, from *repo.Repo, file repo.File, ready string, progress *Progress) error {
	to, err := os.OpenFile(filepath.Join(ready, filepath.FromSlash(file.Path)), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	counted := &countingWriter{to: to, progress: progress}
	err = from.Fetch(ctx, file.SHA256, file.Size, counted)
	if err == nil {
		err = to.Sync()
	}
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		progress.Done.Add(-counted.written)
	}
	return err
}

type countingWriter struct {
	to       io.Writer
	progress *Progress
	written  int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.written += int64(n)
	w.progress.Done.Add(int64(n))
	return n, err
}

// putInPlace renames the mark first and the database last: a folder with a database is whole, and one with the mark
// alone would be refused by its store.
func putInPlace(data, ready string) error {
	for _, folder := range []string{filepath.Join(ready, database), ready} {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	for _, name := range []string{mark, database} {
		if err := os.Rename(filepath.Join(ready, name), filepath.Join(data, name)); err != nil {
			return err
		}
		if err := syncFolder(data); err != nil {
			return err
		}
	}
	return os.RemoveAll(ready)
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

func checkSpace(data string, store *repo.Store) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(data, &disk); err != nil {
		return err
	}
	free := int64(disk.Bavail) * disk.Bsize
	if free < store.Bytes() {
		return &UnfitError{fmt.Sprintf("%s has %s free; the store needs %s", data, Bytes(free), Bytes(store.Bytes()))}
	}
	return nil
}

// Bytes for people: "1.2 GB".
func Bytes(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, units := float64(n)/unit, "kMGTP"
	for value >= unit && len(units) > 1 {
		value /= unit
		units = units[1:]
	}
	return fmt.Sprintf("%.1f %cB", value, units[0])
}
