package repo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// place is a repository in a folder of the test.
func place(t *testing.T) (*Repo, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "backups")
	repo, err := Open(t.Context(), "file://"+folder, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = repo.Close() })
	return repo, folder
}

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func reader(content string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
}

// put stores a backup of one file with this content.
func put(t *testing.T, repo *Repo, made time.Time, content string) *Backup {
	t.Helper()
	if err := repo.Put(t.Context(), hashOf(content), reader(content)); err != nil {
		t.Fatal(err)
	}
	backup := &Backup{Time: made, Stores: []Store{{
		Kind: "partners", AuditOK: true,
		Files: []File{{Path: "db/000001.sst", Size: int64(len(content)), SHA256: hashOf(content)}},
	}}}
	if err := repo.Commit(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	return backup
}

func TestABackupComesBackAsItWasCommitted(t *testing.T) {
	repo, _ := place(t)
	backup := put(t, repo, time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC), "content")
	if !strings.HasPrefix(backup.ID, "20260115T100000.000000Z-") {
		t.Error("ID", backup.ID)
	}
	for _, id := range []string{backup.ID, "latest"} {
		found, err := repo.Read(t.Context(), id)
		if err != nil || !reflect.DeepEqual(found, backup) {
			t.Errorf("%s: %+v, %v", id, found, err)
		}
	}
	var content bytes.Buffer
	if err := repo.Fetch(t.Context(), hashOf("content"), 7, &content); err != nil || content.String() != "content" {
		t.Error(content.String(), err)
	}
}

func TestContentThatIsNotWhatItsHashSaysIsNotKept(t *testing.T) {
	repo, folder := place(t)
	err := repo.Put(t.Context(), hashOf("this"), reader("that"))
	if !errors.Is(err, ErrContent) {
		t.Error(err)
	}
	broken := errors.New("the store went away")
	err = repo.Put(t.Context(), hashOf("this"), func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("th"), &failingReader{broken})), nil
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	_ = filepath.Walk(folder, func(path string, info os.FileInfo, _ error) error {
		if info.Mode().IsRegular() {
			t.Error("there is", path)
		}
		return nil
	})
}

type failingReader struct{ err error }

func (r *failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestEveryChangeOfAManifestIsNoticed(t *testing.T) {
	repo, folder := place(t)
	backup := put(t, repo, time.Unix(1_768_000_000, 0).UTC(), "content")
	file := filepath.Join(folder, ManifestKey(backup.ID))
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(content) * 8 {
		changed := bytes.Clone(content)
		changed[bit/8] ^= 1 << (bit % 8)
		var damaged *DamagedError
		if _, err := decode(backup.ID, changed); !errors.As(err, &damaged) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
	for size := range content {
		if _, err := decode(backup.ID, content[:size]); err == nil {
			t.Fatalf("cut to %d bytes", size)
		}
	}
}

func TestAFileOutsideOfItsFolderIsRefused(t *testing.T) {
	for _, path := range []string{"../x", "/etc/passwd", "db/../../x", "db/..", "db/.hidden", "db/a/b", "other", ""} {
		backup := &Backup{Time: time.Unix(0, 0).UTC(), Stores: []Store{{
			Files: []File{{Path: path, SHA256: hashOf("")}},
		}}}
		content, err := backup.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(backup.ID, content); err == nil {
			t.Errorf("%q was taken", path)
		}
	}
}

func TestANewerFormatIsRefused(t *testing.T) {
	content := []byte(`{"format": 2}`)
	_, err := decode("20260115T100000Z-"+shortHash(content), content)
	if err == nil || !strings.Contains(err.Error(), "format 2") {
		t.Error(err)
	}
}

func TestVerifyNamesWhatIsMissingAndWhatIsDamaged(t *testing.T) {
	repo, folder := place(t)
	first := put(t, repo, time.Unix(1_768_000_000, 0).UTC(), "first")
	second := put(t, repo, time.Unix(1_768_000_001, 0).UTC(), "second")
	ids := []string{first.ID, second.ID}
	report, err := repo.Verify(t.Context(), ids, 2, nil)
	if err != nil || len(report.Problems) != 0 || report.Objects != 2 || report.Bytes != 11 {
		t.Fatal(report, err)
	}
	if err := os.Remove(filepath.Join(folder, ObjectKey(hashOf("first")))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ObjectKey(hashOf("second"))), []byte("Second"), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err = repo.Verify(t.Context(), ids, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, problem := range report.Problems {
		kinds[problem.Key] = problem.Kind
		if len(problem.UsedBy) != 1 || !strings.HasSuffix(problem.UsedBy[0], " partners/0 db/000001.sst") {
			t.Error(problem.UsedBy)
		}
	}
	want := map[string]string{ObjectKey(hashOf("first")): "missing", ObjectKey(hashOf("second")): "damaged"}
	if !reflect.DeepEqual(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
}

func TestTheNewestOfTwoBackupsWithinASecondIsTheLaterOne(t *testing.T) {
	first := time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC)
	// Ten of them: hashes would put them in another order.
	repo, _ := place(t)
	made := []string{}
	for i := range 10 {
		backup := put(t, repo, first.Add(time.Duration(i)*time.Millisecond), "content")
		made = append(made, backup.ID)
		if latest, err := repo.Read(t.Context(), "latest"); err != nil || latest.ID != backup.ID {
			t.Errorf("%s: %v, %v", backup.ID, latest, err)
		}
	}
	if ids, err := repo.IDs(t.Context()); err != nil || !reflect.DeepEqual(ids, made) {
		t.Errorf("%v, %v, want %v", ids, err, made)
	}
	_, expired, err := Choose(made, Rules{Now: first.AddDate(5, 0, 0), KeepDays: 7})
	if err != nil || !reflect.DeepEqual(expired, made[:9]) {
		t.Errorf("%v, %v", expired, err)
	}
}

func TestAManifestOfAnEarlierReleaseIsRead(t *testing.T) {
	repo, folder := place(t)
	backup := put(t, repo, time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC), "content")
	inSeconds := strings.Replace(backup.ID, ".000000Z", "Z", 1)
	from, to := filepath.Join(folder, ManifestKey(backup.ID)), filepath.Join(folder, ManifestKey(inSeconds))
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	if found, err := repo.Read(t.Context(), "latest"); err != nil || found.ID != inSeconds {
		t.Error(found, err)
	}
}

func TestChooseKeepsDaysMonthsAndTheNewest(t *testing.T) {
	name := func(day string) string { return day + "T100000Z-0123456789abcdef" }
	rules := Rules{Now: time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC), KeepDays: 7, KeepMonthly: 2}
	cases := []struct {
		name          string
		days, expired []string
	}{
		{"nothing", nil, nil},
		{"the newest, however old", []string{"20200101", "20200102"}, []string{"20200101"}},
		{"days", []string{"20260614", "20260615", "20260620"}, nil},
		{"the newest of each of two months before", []string{"20260315", "20260401", "20260430", "20260531", "20260620"},
			[]string{"20260315", "20260401"}},
		{"earlier in this month", []string{"20260601", "20260602", "20260620"}, []string{"20260601", "20260602"}},
	}
	for _, c := range cases {
		ids, want := []string{}, []string(nil)
		for _, day := range c.days {
			ids = append(ids, name(day))
		}
		for _, day := range c.expired {
			want = append(want, name(day))
		}
		kept, expired, err := Choose(ids, rules)
		if err != nil || !reflect.DeepEqual(expired, want) || len(kept)+len(expired) != len(ids) {
			t.Errorf("%s: kept %v, expired %v, %v", c.name, kept, expired, err)
		}
	}
}

func TestPruneDeletesWhatNoBackupNeedsAndSparesWhatIsYoung(t *testing.T) {
	repo, _ := place(t)
	now := time.Now()
	old := put(t, repo, now.AddDate(-2, 0, 0).UTC().Truncate(time.Second), "old")
	put(t, repo, now.UTC().Truncate(time.Second), "new")
	rules := Rules{Now: now, KeepDays: 35, KeepMonthly: 12, Grace: time.Hour}
	pruned, err := repo.Prune(t.Context(), rules)
	if err != nil || !reflect.DeepEqual(pruned.DeletedBackups, []string{old.ID}) || pruned.DeletedObjects != 0 {
		t.Fatal(pruned, err)
	}
	rules.Grace = 0
	if pruned, err = repo.Prune(t.Context(), rules); err != nil || pruned.DeletedObjects != 1 {
		t.Fatal(pruned, err)
	}
	report, err := repo.Verify(t.Context(), pruned.KeptBackups, 1, nil)
	if err != nil || len(report.Problems) != 0 || report.Objects != 1 {
		t.Error(report, err)
	}
}

func TestPruneDeletesNothingWhileAManifestIsDamaged(t *testing.T) {
	repo, folder := place(t)
	backup := put(t, repo, time.Now().UTC().Truncate(time.Second), "content")
	if err := os.WriteFile(filepath.Join(folder, ManifestKey(backup.ID)), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if _, err := repo.Prune(t.Context(), Rules{Now: time.Now()}); !errors.As(err, &damaged) {
		t.Error(err)
	}
	if there, err := repo.Has(t.Context(), hashOf("content"), 7); !there || err != nil {
		t.Error(there, err)
	}
}

func TestAPruneGivesWayAndACreateWaits(t *testing.T) {
	repo, folder := place(t)
	creating, err := repo.LockForCreate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	beside, err := repo.LockForCreate(t.Context())
	if err != nil {
		t.Fatal("creates may run beside one another:", err)
	}
	var busy *BusyError
	if _, err := repo.LockForPrune(t.Context()); !errors.As(err, &busy) {
		t.Error(err)
	}
	creating.Release()
	beside.Release()
	pruning, err := repo.LockForPrune(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := repo.LockForCreate(ended); !errors.Is(err, context.Canceled) {
		t.Error("a create did not wait for the prune:", err)
	}
	// A mark that nobody renews is of the dead.
	past := time.Now().Add(-dead - time.Minute)
	if err := os.Chtimes(filepath.Join(folder, pruning.key), past, past); err != nil {
		t.Fatal(err)
	}
	next, err := repo.LockForCreate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next.Release()
	pruning.Release()
	left, _ := os.ReadDir(filepath.Join(folder, running))
	if len(left) != 0 {
		t.Error("marks are left:", left)
	}
}

func TestWhatWasHeldUpForTooLongMustNotGoOn(t *testing.T) {
	repo, _ := place(t)
	lock, err := repo.LockForCreate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if err := lock.Fresh(); err != nil {
		t.Error(err)
	}
	lock.mutex.Lock()
	lock.renewed = time.Now().Add(-tooOld - time.Second)
	lock.mutex.Unlock()
	if lock.Fresh() == nil {
		t.Error("it may go on")
	}
}

func TestOpenNamesWhatIsWrongWithAPlace(t *testing.T) {
	for _, target := range []string{"/folder", "ftp://x", "file://host/folder", "s3://b?no_such=1", "://"} {
		if repo, err := Open(t.Context(), target, false); err == nil {
			_ = repo.Close()
			t.Errorf("%s was opened", target)
		}
	}
	var missing *MissingError
	if _, err := Open(t.Context(), "file://"+t.TempDir()+"/no", false); !errors.As(err, &missing) {
		t.Error(err)
	}
}
