package repo

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"gocloud.dev/blob"
	"golang.org/x/sync/errgroup"
)

// Problem is something of a backup that is not as it was written.
type Problem struct {
	// Key of the object or manifest.
	Key string `json:"key"`
	// Kind is missing or damaged.
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	// UsedBy names backups, stores and files that need it, as "ID order-store/0 db/000012.sst".
	UsedBy []string `json:"usedBy,omitempty"`
}

// Report is what a verification found.
type Report struct {
	Backups  int       `json:"backups"`
	Objects  int       `json:"objects"`
	Bytes    int64     `json:"bytes"`
	Problems []Problem `json:"problems"`
}

type wanted struct {
	size   int64
	usedBy []string
}

// Verify reads every object of the backups with these IDs once and compares its hash, `parallel` at a time. `read` is
// told of bytes as they come; may be nil. An error means that the storage could not be read.
func (r *Repo) Verify(ctx context.Context, ids []string, parallel int, read func(int64)) (*Report, error) {
	report := &Report{Backups: len(ids), Problems: []Problem{}}
	needed := map[string]*wanted{}
	for _, id := range ids {
		backup, err := r.Read(ctx, id)
		if problem, is := problemOf(err, ManifestKey(id)); is {
			report.Problems = append(report.Problems, problem)
			continue
		}
		if err != nil {
			return nil, err
		}
		collect(backup, needed)
	}
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for sha256, object := range needed {
		report.Objects++
		report.Bytes += object.size
		group.Go(func() error {
			err := retry(ctx, func() error {
				return r.Fetch(ctx, sha256, object.size, &countingWriter{read})
			})
			problem, is := problemOf(err, ObjectKey(sha256))
			if !is {
				return err
			}
			problem.UsedBy = object.usedBy
			mutex.Lock()
			defer mutex.Unlock()
			report.Problems = append(report.Problems, problem)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(report.Problems, func(a, b Problem) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return report, nil
}

func collect(backup *Backup, needed map[string]*wanted) {
	for i := range backup.Stores {
		store := &backup.Stores[i]
		for _, file := range store.Files {
			object := needed[file.SHA256]
			if object == nil {
				object = &wanted{size: file.Size}
				needed[file.SHA256] = object
			}
			object.usedBy = append(object.usedBy, backup.ID+" "+store.Name()+" "+file.Path)
		}
	}
}

func problemOf(err error, key string) (Problem, bool) {
	var missing *MissingError
	var damaged *DamagedError
	switch {
	case errors.As(err, &missing):
		return Problem{Key: key, Kind: "missing", Detail: "it is not there"}, true
	case errors.As(err, &damaged):
		return Problem{Key: key, Kind: "damaged", Detail: damaged.Problem}, true
	}
	return Problem{}, false
}

type countingWriter struct{ count func(int64) }

func (w *countingWriter) Write(p []byte) (int, error) {
	if w.count != nil {
		w.count(int64(len(p)))
	}
	return len(p), nil
}

var _ io.Writer = (*countingWriter)(nil)

// Rules of what a prune keeps. The newest backup is always kept.
type Rules struct {
	// Now is what ages are counted from.
	Now time.Time
	// KeepDays keeps everything younger.
	KeepDays int
	// KeepMonthly keeps the newest of each of that many months before.
	KeepMonthly int
	// Grace spares objects that are younger, whether or not a backup has them.
	Grace time.Duration
}

// Pruned is what a prune did.
type Pruned struct {
	DeletedBackups []string `json:"deletedBackups"`
	KeptBackups    []string `json:"keptBackups"`
	DeletedObjects int      `json:"deletedObjects"`
	DeletedBytes   int64    `json:"deletedBytes"`
}

// Prune deletes backups that no rule keeps, and then objects that no backup has. It gives way to others (*BusyError),
// and deletes nothing while a manifest is damaged (*DamagedError): what that one needs is not known.
func (r *Repo) Prune(ctx context.Context, rules Rules) (*Pruned, error) {
	lock, err := r.LockForPrune(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	ids, err := r.IDs(ctx)
	if err != nil {
		return nil, err
	}
	kept, expired, err := Choose(ids, rules)
	if err != nil {
		return nil, err
	}
	needed := map[string]*wanted{}
	for _, id := range kept {
		backup, err := r.Read(ctx, id)
		if err != nil {
			return nil, err
		}
		collect(backup, needed)
	}
	pruned := &Pruned{DeletedBackups: []string{}, KeptBackups: kept}
	for _, id := range expired {
		if err := lock.Fresh(); err != nil {
			return pruned, err
		}
		if err := r.delete(ctx, ManifestKey(id)); err != nil {
			return pruned, err
		}
		pruned.DeletedBackups = append(pruned.DeletedBackups, id)
	}
	return pruned, r.deleteUnneeded(ctx, lock, rules, needed, pruned)
}

func (r *Repo) deleteUnneeded(
	ctx context.Context, lock *Lock, rules Rules, needed map[string]*wanted, pruned *Pruned,
) error {
	own, err := r.bucket.Attributes(ctx, lock.key)
	if err != nil {
		return err
	}
	return r.each(ctx, objects, func(object *blob.ListObject) error {
		name := object.Key[max(0, len(object.Key)-64):]
		if needed[name] != nil || own.ModTime.Sub(object.ModTime) < rules.Grace {
			return nil
		}
		if err := lock.Fresh(); err != nil {
			return err
		}
		if err := r.delete(ctx, object.Key); err != nil {
			return err
		}
		pruned.DeletedObjects++
		pruned.DeletedBytes += object.Size
		return nil
	})
}

// Choose divides IDs (oldest first) into those that are kept and those that are not, both oldest first.
func Choose(ids []string, rules Rules) (kept, expired []string, err error) {
	now := rules.Now.UTC()
	oldest := now.AddDate(0, 0, -rules.KeepDays)
	// Months before this one, newest first; the newest backup of a month stands for it.
	firstMonth := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -rules.KeepMonthly, 0)
	months := map[string]bool{}
	for i, id := range slices.Backward(ids) {
		parts := idPattern.FindStringSubmatch(id)
		if parts == nil {
			return nil, nil, &DamagedError{ManifestKey(id), "it has no name of a manifest"}
		}
		made, err := time.Parse(timeLayout, parts[1])
		if err != nil {
			return nil, nil, &DamagedError{ManifestKey(id), err.Error()}
		}
		month := made.Format("2006-01")
		monthly := rules.KeepMonthly > 0 && !made.Before(firstMonth) && !months[month]
		months[month] = true
		if i == len(ids)-1 || made.After(oldest) || monthly {
			kept = append(kept, id)
		} else {
			expired = append(expired, id)
		}
	}
	slices.Reverse(kept)
	slices.Reverse(expired)
	return kept, expired, nil
}
