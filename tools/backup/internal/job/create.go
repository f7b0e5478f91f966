// Package job is what ordermesh-backup does with stores and places for backups.
package job

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ordermesh.dev/backup/internal/mesh"
	"ordermesh.dev/backup/internal/repo"
	backupv1 "ordermesh.dev/client/ordermesh/backup/v1"
)

const (
	// Files under way at a time.
	parallel = 4
	// Sets that are begun anew because a store was started again meanwhile.
	setAttempts = 3
)

// touchEvery is how often a store hears that its checkpoint is still wanted: it drops one that nobody has read from for
// ten minutes, and another store's audit may take longer.
var touchEvery = time.Minute

// Progress is what a bar shows. Safe for concurrent use.
type Progress struct {
	// Doing is a few words.
	Doing atomic.Value
	// Done and Total are bytes.
	Done, Total atomic.Int64
}

// Created is what a create did.
type Created struct {
	Backup *repo.Backup
	// Objects of all stores; Uploaded those that were not there yet.
	Objects, Uploaded int
	UploadedBytes     int64
}

// checkpoint is one store's, while the set is made.
type checkpoint struct {
	store    *mesh.Store
	manifest *backupv1.CheckpointManifest
}

// Create copies the stores and commits the set. The states are settled in the order of the stores given: error-store,
// order-store, partners, so that what one refers to is in the next. A store that is started again meanwhile begins the
// set anew; what was uploaded stays.
func Create(
	ctx context.Context, stores []*mesh.Store, to *repo.Repo, version string, progress *Progress,
) (*Created, error) {
	lock, err := to.LockForCreate(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	created := &Created{}
	for attempt := 1; ; attempt++ {
		created.Backup = &repo.Backup{Time: time.Now().UTC().Truncate(time.Microsecond), Version: version}
		err = copySet(ctx, stores, to, created, progress)
		if err == nil || !mesh.Gone(err) || attempt == setAttempts || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if err := lock.Fresh(); err != nil {
		return nil, err
	}
	return created, to.Commit(ctx, created.Backup)
}

func copySet(
	ctx context.Context, stores []*mesh.Store, to *repo.Repo, created *Created, progress *Progress,
) error {
	wanted, unwanted := context.WithCancel(ctx)
	checkpoints, err := takeAll(ctx, wanted, stores, progress)
	defer func() {
		unwanted()
		for _, taken := range checkpoints {
			if taken.manifest != nil {
				taken.store.Delete(context.WithoutCancel(ctx), taken.manifest.GetCheckpointId())
			}
		}
	}()
	if err != nil {
		return err
	}
	if err := checkShards(checkpoints); err != nil {
		return err
	}
	return upload(ctx, checkpoints, to, created, progress)
}

// takeAll settles one state after the other; audits and hashes go on beside one another. Checkpoints are kept alive until
// `wanted` ends.
func takeAll(ctx, wanted context.Context, stores []*mesh.Store, progress *Progress) ([]*checkpoint, error) {
	progress.Doing.Store("auditing")
	checkpoints := make([]*checkpoint, len(stores))
	var mutex sync.Mutex
	hashed := make([]int64, len(stores))
	totals := make([]int64, len(stores))
	group, ctx := errgroup.WithContext(ctx)
	for i, store := range stores {
		checkpoints[i] = &checkpoint{store: store}
		taken := make(chan struct{})
		once := sync.OnceFunc(func() { close(taken) })
		group.Go(func() error {
			defer once()
			manifest, err := store.Checkpoint(ctx, once, func(message *backupv1.CreateCheckpointResponse) {
				mutex.Lock()
				defer mutex.Unlock()
				hashed[i], totals[i] = message.GetBytesHashed(), message.GetBytesTotal()
				progress.Done.Store(sum(hashed))
				progress.Total.Store(sum(totals))
			})
			checkpoints[i].manifest = manifest
			if err == nil {
				go checkpoints[i].keepAlive(wanted)
			}
			return err
		})
		select {
		case <-taken:
		case <-ctx.Done():
		}
	}
	return checkpoints, group.Wait()
}

func (c *checkpoint) keepAlive(wanted context.Context) {
	files := c.manifest.GetFiles()
	for len(files) > 0 {
		select {
		case <-wanted.Done():
			return
		case <-time.After(touchEvery):
			c.store.Touch(wanted, c.manifest.GetCheckpointId(), files[0].GetPath(), files[0].GetSize())
		}
	}
}

func sum(values []int64) int64 {
	var all int64
	for _, value := range values {
		all += value
	}
	return all
}

// checkShards refuses an address that leads to another store, or twice to the same.
func checkShards(checkpoints []*checkpoint) error {
	seen := map[string]string{}
	for _, taken := range checkpoints {
		if taken.manifest.GetStore() != taken.store.Kind {
			return fmt.Errorf("%s is the address of %s, not of %s",
				taken.store.Address, taken.manifest.GetStore(), taken.store.Kind)
		}
		name := fmt.Sprintf("%s/%d", taken.manifest.GetStore(), taken.manifest.GetShard())
		if other, twice := seen[name]; twice {
			return fmt.Errorf("%s and %s are both %s", other, taken.store.Address, name)
		}
		seen[name] = taken.store.Address
	}
	return nil
}

func upload(
	ctx context.Context, checkpoints []*checkpoint, to *repo.Repo, created *Created, progress *Progress,
) error {
	progress.Doing.Store("uploading")
	progress.Done.Store(0)
	progress.Total.Store(0)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	var mutex sync.Mutex
	begun := map[string]bool{}
	for _, taken := range checkpoints {
		for _, file := range taken.manifest.GetFiles() {
			progress.Total.Add(file.GetSize())
		}
	}
	created.Objects = 0
	for _, taken := range checkpoints {
		manifest := taken.manifest
		created.Backup.Stores = append(created.Backup.Stores, storeOf(manifest))
		for _, file := range manifest.GetFiles() {
			sha256 := hex.EncodeToString(file.GetSha256())
			if begun[sha256] {
				progress.Done.Add(file.GetSize())
				continue
			}
			begun[sha256] = true
			created.Objects++
			group.Go(func() error {
				fresh, err := putFile(ctx, taken, file, sha256, to, progress)
				mutex.Lock()
				defer mutex.Unlock()
				if fresh {
					created.Uploaded++
					created.UploadedBytes += file.GetSize()
				}
				return err
			})
		}
	}
	err := group.Wait()
	slices.SortStableFunc(created.Backup.Stores, func(a, b repo.Store) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Shard, b.Shard))
	})
	return err
}

// putFile uploads what is not there yet.
func putFile(
	ctx context.Context, taken *checkpoint, file *backupv1.CheckpointFile, sha256 string, to *repo.Repo,
	progress *Progress,
) (bool, error) {
	there, err := to.Has(ctx, sha256, file.GetSize())
	if err != nil {
		return false, err
	}
	if there {
		progress.Done.Add(file.GetSize())
		return false, nil
	}
	var counted *countingReader
	err = to.Put(ctx, sha256, func() (io.ReadCloser, error) {
		counted.takeBack()
		id := taken.manifest.GetCheckpointId()
		counted = &countingReader{
			ReadCloser: taken.store.Read(ctx, id, file.GetPath(), file.GetSize()), progress: progress,
		}
		return counted, nil
	})
	if err != nil {
		return false, fmt.Errorf("%s of %s: %w", file.GetPath(), taken.store.Kind, err)
	}
	return true, nil
}

// countingReader tells the bar.
type countingReader struct {
	io.ReadCloser
	progress *Progress
	read     int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.read += int64(n)
	r.progress.Done.Add(int64(n))
	return n, err
}

func (r *countingReader) takeBack() {
	if r != nil {
		r.progress.Done.Add(-r.read)
	}
}

func storeOf(manifest *backupv1.CheckpointManifest) repo.Store {
	audit := manifest.GetAudit()
	store := repo.Store{
		Kind:           manifest.GetStore(),
		Shard:          int(manifest.GetShard()),
		Position:       manifest.GetPosition(),
		Rows:           audit.GetRows(),
		StateHash:      audit.GetStateHash(),
		AuditOK:        audit.GetOk(),
		Problems:       audit.GetProblems(),
		RecordVersion:  int(manifest.GetRecordVersion()),
		ServiceVersion: manifest.GetServiceVersion(),
		CreateTime:     manifest.GetCreateTime().AsTime(),
	}
	for _, file := range manifest.GetFiles() {
		store.Files = append(store.Files, repo.File{
			Path: file.GetPath(), Size: file.GetSize(), SHA256: hex.EncodeToString(file.GetSha256()),
		})
	}
	return store
}
