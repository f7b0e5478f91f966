package repo

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
)

const (
	creating = "create"
	pruning  = "prune"

	heartbeat = 2 * time.Minute
	// A mark that was not renewed for so long is of a process that has died.
	dead = 15 * time.Minute
	// A process that could not renew its own for so long must not go on.
	tooOld = 10 * time.Minute
	// How often a create looks whether a prune has ended.
	look = 2 * time.Second
)

// BusyError says who is at work.
type BusyError struct{ What string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("a %s is under way in this place: try again when it has ended", e.What)
}

// Lock keeps a prune from deleting what a create relies on. Both leave a mark first and look for the other's then: of
// two that begin together at least one sees the other. A create waits for a prune that is under way; a prune gives way.
// Creates may run beside one another.
type Lock struct {
	repo *Repo
	key  string
	stop context.CancelFunc
	done sync.WaitGroup

	mutex   sync.Mutex
	renewed time.Time
}

// LockForCreate waits until no prune is under way.
func (r *Repo) LockForCreate(ctx context.Context) (*Lock, error) {
	lock, err := r.lock(ctx, creating)
	if err != nil {
		return nil, err
	}
	for {
		other, err := lock.others(ctx, pruning)
		if err == nil && other == "" {
			return lock, nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(look):
				continue
			}
		}
		lock.Release()
		return nil, err
	}
}

// LockForPrune gives *BusyError where somebody is at work.
func (r *Repo) LockForPrune(ctx context.Context) (*Lock, error) {
	lock, err := r.lock(ctx, pruning)
	if err != nil {
		return nil, err
	}
	other, err := lock.others(ctx, creating, pruning)
	if err == nil && other != "" {
		err = &BusyError{other}
	}
	if err != nil {
		lock.Release()
		return nil, err
	}
	return lock, nil
}

func (r *Repo) lock(ctx context.Context, what string) (*Lock, error) {
	lock := &Lock{repo: r, key: running + what + "-" + rand.Text()}
	if err := lock.renew(ctx); err != nil {
		return nil, err
	}
	ctx, lock.stop = context.WithCancel(ctx)
	lock.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(heartbeat):
				// Where it fails again and again, Fresh says so.
				_ = lock.renew(ctx)
			}
		}
	})
	return lock, nil
}

func (l *Lock) renew(ctx context.Context) error {
	began := time.Now()
	err := retry(ctx, func() error {
		return l.repo.bucket.WriteAll(ctx, l.key, nil, writerOptions("text/plain"))
	})
	if err != nil {
		return err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.renewed = began
	return nil
}

// others gives what another living process does, of these.
func (l *Lock) others(ctx context.Context, whats ...string) (string, error) {
	// The age of marks by the storage's clock, which gave them their times.
	own, err := l.repo.bucket.Attributes(ctx, l.key)
	if err != nil {
		return "", err
	}
	var found string
	err = l.repo.each(ctx, running, func(object *blob.ListObject) error {
		if object.Key == l.key || own.ModTime.Sub(object.ModTime) > dead {
			return nil
		}
		for _, what := range whats {
			if strings.HasPrefix(object.Key, running+what+"-") {
				found = what
			}
		}
		return nil
	})
	return found, err
}

// Fresh fails where the others may take this process for dead: it was stopped, or the storage was away.
func (l *Lock) Fresh() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if age := time.Since(l.renewed); age > tooOld {
		return fmt.Errorf("this run was held up for %s: nothing was lost, run it again", age.Round(time.Second))
	}
	return nil
}

// Release removes the mark.
func (l *Lock) Release() {
	if l.stop != nil {
		l.stop()
		l.done.Wait()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = l.repo.delete(ctx, l.key)
}
