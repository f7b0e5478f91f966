package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// stores are all implementations, each empty. That of Kubernetes is a real API server's where CERTS_NAMESPACE names a
// namespace for the test.
func stores(t *testing.T) map[string]Store {
	all := map[string]Store{"directory": Directory{Path: t.TempDir()}, "fake": onFake(fake.NewClientset())}
	if namespace := os.Getenv("CERTS_NAMESPACE"); namespace != "" {
		secrets, err := Connect(namespace)
		if err != nil {
			t.Fatal(err)
		}
		prefix := strings.ToLower(t.Name()) + "-"
		all["kubernetes"] = &Kubernetes{Secrets: secrets, SecretName: func(bundle string) string { return prefix + bundle }}
	}
	return all
}

func onFake(client *fake.Clientset) *Kubernetes {
	return &Kubernetes{
		Secrets: client.CoreV1().Secrets("ns"), SecretName: func(bundle string) string { return "x-" + bundle },
	}
}

func TestABundleIsWrittenReadAndLeftAlone(t *testing.T) {
	for name, keep := range stores(t) {
		t.Run(name, func(t *testing.T) {
			if entries, err := keep.Read(t.Context(), "feed"); entries != nil || err != nil {
				t.Fatalf("there is %v, %v", entries, err)
			}
			write := func(entries Entries) error {
				return keep.Update(t.Context(), "feed", func(Entries) (Entries, error) { return entries, nil })
			}
			if err := write(Entries{"a": []byte("1"), "b": []byte("2")}); err != nil {
				t.Fatal(err)
			}
			if err := write(Entries{"a": []byte("3")}); err != nil {
				t.Fatal(err)
			}
			err := keep.Update(t.Context(), "feed", func(entries Entries) (Entries, error) {
				entries["a"] = []byte("4")
				return nil, ErrUnchanged
			})
			if err != nil {
				t.Fatal(err)
			}
			entries, err := keep.Read(t.Context(), "feed")
			if err != nil || len(entries) != 1 || string(entries["a"]) != "3" {
				t.Errorf("%v, %v", entries, err)
			}
			refused := errors.New("refused")
			err = keep.Update(t.Context(), "feed", func(Entries) (Entries, error) { return nil, refused })
			if !errors.Is(err, refused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWritersAtOnceLoseNothing(t *testing.T) {
	const writers = 4
	for name, keep := range stores(t) {
		if name == "fake" {
			continue // It has no resource versions.
		}
		t.Run(name, func(t *testing.T) {
			var all sync.WaitGroup
			for range writers {
				all.Go(func() {
					err := keep.Update(t.Context(), "counter", func(entries Entries) (Entries, error) {
						count, _ := strconv.Atoi(string(entries["n"]))
						return Entries{"n": []byte(strconv.Itoa(count + 1))}, nil
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			entries, err := keep.Read(t.Context(), "counter")
			if err != nil || string(entries["n"]) != strconv.Itoa(writers) {
				t.Errorf("%s, %v", entries["n"], err)
			}
		})
	}
}

func TestALostRaceIsRunAgainWithWhatTheOtherWrote(t *testing.T) {
	client := fake.NewClientset()
	keep := onFake(client)
	secrets := schema.GroupResource{Resource: "secrets"}
	lose := func(verb string, refusal error, other Entries) {
		once := sync.OnceFunc(func() {
			secret := &corev1.Secret{Data: other}
			secret.Name, secret.Namespace = "x-feed", "ns"
			_ = client.Tracker().Delete(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}, "ns", "x-feed")
			if err := client.Tracker().Add(secret); err != nil {
				t.Fatal(err)
			}
		})
		lost := false
		client.PrependReactor(verb, "secrets", func(k8stesting.Action) (bool, runtime.Object, error) {
			once()
			handled := !lost
			lost = true
			return handled, nil, refusal
		})
	}
	lose("create", apierrors.NewAlreadyExists(secrets, "x-feed"), Entries{"n": []byte("other's")})
	var seen []string
	update := func() error {
		return keep.Update(context.Background(), "feed", func(entries Entries) (Entries, error) {
			seen = append(seen, string(entries["n"]))
			return Entries{"n": []byte("ours")}, nil
		})
	}
	if err := update(); err != nil {
		t.Fatal(err)
	}
	lose("update", apierrors.NewConflict(secrets, "x-feed", errors.New("changed")), Entries{"n": []byte("newer")})
	if err := update(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, ","); got != ",other's,ours,newer" {
		t.Errorf("saw %s", got)
	}
}

func TestFilesAreForTheirOwnerOnlyAndChangeTogether(t *testing.T) {
	keep := Directory{Path: t.TempDir()}
	write := func(text string) {
		err := keep.Update(t.Context(), "feed", func(Entries) (Entries, error) {
			return Entries{Certificate: []byte(text), Key: []byte(text)}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	write("1")
	info, err := os.Stat(filepath.Join(keep.Path, "feed", Key))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	// A reader that has opened the folder goes on seeing what belongs together.
	folder, err := os.OpenRoot(filepath.Join(keep.Path, "feed"))
	if err != nil {
		t.Fatal(err)
	}
	write("2")
	if text, err := folder.ReadFile(Key); err != nil || string(text) != "1" {
		t.Errorf("%s, %v", text, err)
	}
	write("3")
	generations, err := filepath.Glob(filepath.Join(keep.Path, ".feed.*"))
	if err != nil || len(generations) != 2 {
		t.Errorf("%d generations, %v", len(generations), err)
	}
}
