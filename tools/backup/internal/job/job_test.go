package job

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordermesh.dev/backup/internal/mesh"
	"ordermesh.dev/backup/internal/repo"
	backupv1 "ordermesh.dev/client/ordermesh/backup/v1"
	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
)

// fakeStore serves one checkpoint after the other, all with the same files, and fails as the test says.
type fakeStore struct {
	backupv1.UnimplementedBackupServiceServer
	kind  string
	files map[string]string
	// breakAt ends each transfer once after so many bytes.
	breakAt int
	// restarts forgets the checkpoint at the next reads.
	restarts atomic.Int32
	// refusals of CreateCheckpoint come first.
	refusals atomic.Int32

	checkpoints, deleted, reads, touches atomic.Int32
	// slow delays the manifest until it is closed.
	slow chan struct{}
}

func (f *fakeStore) CreateCheckpoint(
	_ *backupv1.CreateCheckpointRequest, stream backupv1.BackupService_CreateCheckpointServer,
) error {
	if f.refusals.Add(-1) >= 0 {
		return status.Error(codes.Unavailable, "not yet")
	}
	f.checkpoints.Add(1)
	if err := stream.Send(&backupv1.CreateCheckpointResponse{RowsTotal: 1}); err != nil {
		return err
	}
	if f.slow != nil {
		<-f.slow
	}
	manifest := &backupv1.CheckpointManifest{
		CheckpointId: "one", Store: f.kind, Position: 42, RecordVersion: 1,
		Audit: &commonv1.AuditReport{Ok: true, StateHash: "abc", Rows: 42},
	}
	// In order: a store's list begins with the same file each time, here one that is not empty, so that touches are told
	// from reads.
	for _, path := range slices.Sorted(maps.Keys(f.files)) {
		content := f.files[path]
		sum := sha256.Sum256([]byte(content))
		manifest.Files = append(manifest.Files,
			&backupv1.CheckpointFile{Path: path, Size: int64(len(content)), Sha256: sum[:]})
	}
	return stream.Send(&backupv1.CreateCheckpointResponse{Manifest: manifest})
}

func (f *fakeStore) ReadFile(
	request *backupv1.ReadFileRequest, stream backupv1.BackupService_ReadFileServer,
) error {
	if offset := request.GetOffset(); offset > 0 && offset == int64(len(f.files[request.GetPath()])) {
		f.touches.Add(1)
		return nil
	}
	f.reads.Add(1)
	if f.restarts.Add(-1) >= 0 {
		gone, err := status.New(codes.NotFound, "started again").
			WithDetails(&errdetails.ErrorInfo{Reason: "UNKNOWN_CHECKPOINT"})
		if err != nil {
			return err
		}
		return gone.Err()
	}
	content := f.files[request.GetPath()][request.GetOffset():]
	if f.breakAt > 0 && request.GetOffset() == 0 && len(content) > f.breakAt {
		if err := stream.Send(&backupv1.ReadFileResponse{Data: []byte(content[:f.breakAt])}); err != nil {
			return err
		}
		return status.Error(codes.Unavailable, "the cable")
	}
	return stream.Send(&backupv1.ReadFileResponse{Data: []byte(content)})
}

func (f *fakeStore) DeleteCheckpoint(
	context.Context, *backupv1.DeleteCheckpointRequest,
) (*backupv1.DeleteCheckpointResponse, error) {
	f.deleted.Add(1)
	return &backupv1.DeleteCheckpointResponse{}, nil
}

func (f *fakeStore) serve(t *testing.T, as string) *mesh.Store {
	t.Helper()
	return serve(t, f, as)
}

func serve(t *testing.T, service backupv1.BackupServiceServer, as string) *mesh.Store {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	backupv1.RegisterBackupServiceServer(server, service)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	store, err := mesh.Connect(as, listener.Addr().String(), mesh.TLS{Insecure: true}, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func orders() *fakeStore {
	return &fakeStore{kind: "order-store", files: map[string]string{
		"db/CURRENT": "MANIFEST-000005\n", "db/000012.sst": strings.Repeat("rows ", 1000), "db/000013.log": "",
		"acknowledged": strings.Repeat("\x00", 4096),
	}}
}

func openPlace(t *testing.T) (*repo.Repo, string) {
	t.Helper()
	folder := t.TempDir()
	place, err := repo.Open(t.Context(), "file://"+folder, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = place.Close() })
	return place, folder
}

func mustCreate(t *testing.T, place *repo.Repo, stores ...*mesh.Store) *Created {
	t.Helper()
	created, err := Create(t.Context(), stores, place, "test", &Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func mustRestore(t *testing.T, place *repo.Repo, data string) {
	t.Helper()
	backup, err := place.Read(t.Context(), "latest")
	if err != nil {
		t.Fatal(err)
	}
	store, err := Find(backup, "order-store", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), place, store, data, &Progress{}); err != nil {
		t.Fatal(err)
	}
}

// filesIn gives contents by path.
func filesIn(t *testing.T, data string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.Walk(data, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(data, path)
		found[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatIsRestoredIsWhatWasThere(t *testing.T) {
	fake := orders()
	place, _ := openPlace(t)
	created := mustCreate(t, place, fake.serve(t, "order-store"))
	if created.Uploaded != 4 || created.Objects != 4 || fake.deleted.Load() != 1 {
		t.Errorf("%+v, %d deleted", created, fake.deleted.Load())
	}
	store := created.Backup.Stores[0]
	if store.Position != 42 || store.StateHash != "abc" || !store.AuditOK {
		t.Errorf("%+v", store)
	}
	data := filepath.Join(t.TempDir(), "new")
	mustRestore(t, place, data)
	if found := filesIn(t, data); !reflect.DeepEqual(found, fake.files) {
		t.Errorf("restored %v", found)
	}
}

func TestOnlyWhatIsNewIsUploaded(t *testing.T) {
	fake := orders()
	store := fake.serve(t, "order-store")
	place, _ := openPlace(t)
	mustCreate(t, place, store)
	fake.files["db/000014.sst"] = "more rows"
	created := mustCreate(t, place, store)
	if created.Uploaded != 1 || created.UploadedBytes != 9 || created.Objects != 5 {
		t.Errorf("%+v", created)
	}
}

func TestABrokenTransferGoesOnWhereItWas(t *testing.T) {
	fake := orders()
	fake.breakAt = 7
	place, _ := openPlace(t)
	mustCreate(t, place, fake.serve(t, "order-store"))
	// Three files are longer than that.
	if fake.reads.Load() != 7 {
		t.Error(fake.reads.Load(), "reads")
	}
	data := t.TempDir()
	mustRestore(t, place, data)
	if found := filesIn(t, data); !reflect.DeepEqual(found, fake.files) {
		t.Errorf("restored %v", found)
	}
}

func TestAStoreThatIsStartedAgainBeginsTheSetAnew(t *testing.T) {
	fake := orders()
	fake.restarts.Store(1)
	fake.refusals.Store(2)
	place, _ := openPlace(t)
	mustCreate(t, place, fake.serve(t, "order-store"))
	if fake.checkpoints.Load() != 2 {
		t.Error(fake.checkpoints.Load(), "checkpoints")
	}
	fake.restarts.Store(1000)
	fake.files["db/000014.sst"] = "more rows"
	_, err := Create(t.Context(), []*mesh.Store{fake.serve(t, "order-store")}, place, "test", &Progress{})
	if !mesh.Gone(err) {
		t.Error("it went on for ever:", err)
	}
}

func TestACheckpointIsKeptAliveWhileAnotherStoreIsAudited(t *testing.T) {
	touchEvery = time.Millisecond
	t.Cleanup(func() { touchEvery = time.Minute })
	quick, slow := orders(), orders()
	quick.kind = "error-store"
	slow.slow = make(chan struct{})
	go func() {
		for quick.touches.Load() < 3 {
			time.Sleep(time.Millisecond)
		}
		close(slow.slow)
	}()
	place, _ := openPlace(t)
	mustCreate(t, place, quick.serve(t, "error-store"), slow.serve(t, "order-store"))
}

func TestAStoreThatDiesOfItsCheckpointIsGivenUp(t *testing.T) {
	dying := &dyingStore{}
	place, _ := openPlace(t)
	store := serve(t, dying, "order-store")
	if _, err := Create(t.Context(), []*mesh.Store{store}, place, "test", &Progress{}); err == nil {
		t.Error("a backup was made")
	}
	if dying.attempts.Load() != 3 {
		t.Error(dying.attempts.Load(), "attempts")
	}
}

// dyingStore breaks every checkpoint after its first message.
type dyingStore struct {
	backupv1.UnimplementedBackupServiceServer
	attempts atomic.Int32
}

func (d *dyingStore) CreateCheckpoint(
	_ *backupv1.CreateCheckpointRequest, stream backupv1.BackupService_CreateCheckpointServer,
) error {
	d.attempts.Add(1)
	if err := stream.Send(&backupv1.CreateCheckpointResponse{RowsTotal: 1}); err != nil {
		return err
	}
	return status.Error(codes.Unavailable, "gone")
}

func TestDamageOnTheStoresDiskIsNotTakenOver(t *testing.T) {
	place, folder := openPlace(t)
	damaged := serve(t, &lyingStore{fakeStore: orders()}, "order-store")
	_, err := Create(t.Context(), []*mesh.Store{damaged}, place, "test", &Progress{})
	if !errors.Is(err, repo.ErrContent) || !strings.Contains(err.Error(), "db/000012.sst") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(folder, "manifests")); len(left) != 0 {
		t.Error("a backup was made")
	}
}

// lyingStore reads one file otherwise than it was hashed.
type lyingStore struct{ *fakeStore }

func (l *lyingStore) ReadFile(
	request *backupv1.ReadFileRequest, stream backupv1.BackupService_ReadFileServer,
) error {
	if request.GetPath() != "db/000012.sst" {
		return l.fakeStore.ReadFile(request, stream)
	}
	content := strings.Replace(l.files[request.GetPath()], "r", "R", 1)
	return stream.Send(&backupv1.ReadFileResponse{Data: []byte(content[request.GetOffset():])})
}

func TestAddressesThatLeadElsewhereAreRefused(t *testing.T) {
	place, _ := openPlace(t)
	fake := orders()
	for name, stores := range map[string][]*mesh.Store{
		"another store":  {fake.serve(t, "error-store")},
		"the same twice": {fake.serve(t, "order-store"), fake.serve(t, "order-store")},
	} {
		if _, err := Create(t.Context(), stores, place, "test", &Progress{}); err == nil {
			t.Error(name, "was backed up")
		}
	}
}

func TestARestoreTakesOnlyAFolderThatIsFree(t *testing.T) {
	cases := []struct {
		name  string
		files []string
		want  any
	}{
		{"empty", nil, nil},
		{"a fresh volume", []string{"lost+found/x"}, nil},
		{"an interrupted restore", []string{".restore/db/000012.sst", ".restore/acknowledged"}, nil},
		{"one that got as far as the mark", []string{".restore/db/CURRENT", "acknowledged"}, nil},
		{"a store", []string{"db/CURRENT", "acknowledged"}, ErrHoldsStore},
		{"a store, and what a restore left", []string{"db/CURRENT", "acknowledged", ".restore/x"}, ErrHoldsStore},
		{"a store that lost its database", []string{"acknowledged"}, &UnfitError{}},
		{"something else", []string{"photo.jpg"}, &UnfitError{}},
	}
	for _, c := range cases {
		data := t.TempDir()
		for _, name := range c.files {
			path := filepath.Join(data, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := CheckFolder(data)
		if reflect.TypeOf(err) != reflect.TypeOf(c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAnInterruptedRestoreIsSimplyDoneAgain(t *testing.T) {
	fake := orders()
	place, _ := openPlace(t)
	mustCreate(t, place, fake.serve(t, "order-store"))
	data := t.TempDir()
	for _, name := range []string{".restore/db/000012.sst", ".restore/db/000099.sst", "acknowledged"} {
		path := filepath.Join(data, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustRestore(t, place, data)
	if found := filesIn(t, data); !reflect.DeepEqual(found, fake.files) {
		t.Errorf("restored %v", found)
	}
}

func TestADamagedObjectIsNeverPutInItsPlace(t *testing.T) {
	fake := orders()
	place, folder := openPlace(t)
	created := mustCreate(t, place, fake.serve(t, "order-store"))
	for _, file := range created.Backup.Stores[0].Files {
		object := filepath.Join(folder, repo.ObjectKey(file.SHA256))
		content, err := os.ReadFile(object)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(object, append([]byte("x"), content...), 0o600); err != nil {
			t.Fatal(err)
		}
		data := t.TempDir()
		err = Restore(t.Context(), place, &created.Backup.Stores[0], data, &Progress{})
		var damaged *repo.DamagedError
		if !errors.As(err, &damaged) || damaged.Key != repo.ObjectKey(file.SHA256) {
			t.Errorf("%s: %v", file.Path, err)
		}
		if _, err := os.Stat(filepath.Join(data, "db")); err == nil {
			t.Error(file.Path, "was taken")
		}
		if err := os.WriteFile(object, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBytesForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 1_234_567: "1.2 MB", 5e12: "5.0 TB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
