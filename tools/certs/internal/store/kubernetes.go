package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
)

// Kubernetes keeps each bundle as a Secret of one namespace. It needs the verbs get, create and update on Secrets.
type Kubernetes struct {
	Secrets typedcorev1.SecretInterface
	// SecretName gives the Secret's name of a bundle.
	SecretName func(bundle string) string
}

// Connect speaks to the API server that KUBECONFIG names, or to that of the cluster that it runs in.
func Connect(namespace string) (typedcorev1.SecretInterface, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, err
	}
	client, err := typedcorev1.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return client.Secrets(namespace), nil
}

// Namespace is the one that a pod runs in; an error outside of a cluster.
func Namespace() (string, error) {
	text, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return "", errors.New("--namespace is needed outside of a cluster")
	}
	return strings.TrimSpace(string(text)), nil
}

// Update is that of Store. Optimistic: the resource version decides who was first.
func (k *Kubernetes) Update(ctx context.Context, bundle string, change func(Entries) (Entries, error)) error {
	name := k.SecretName(bundle)
	err := retry.OnError(retry.DefaultBackoff, lostRace, func() error {
		secret, err := k.Secrets.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return k.create(ctx, name, change)
		}
		if err != nil {
			return err
		}
		secret.Data, err = change(secret.Data)
		if err != nil {
			return err
		}
		_, err = k.Secrets.Update(ctx, secret, metav1.UpdateOptions{})
		return err
	})
	return described(name, err)
}

func (k *Kubernetes) create(ctx context.Context, name string, change func(Entries) (Entries, error)) error {
	entries, err := change(nil)
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			"app.kubernetes.io/part-of": "ordermesh", "app.kubernetes.io/managed-by": "ordermesh-certs",
		}},
		Type: corev1.SecretTypeOpaque,
		Data: entries,
	}
	if entries[Certificate] != nil && entries[Key] != nil {
		secret.Type = corev1.SecretTypeTLS
	}
	_, err = k.Secrets.Create(ctx, secret, metav1.CreateOptions{})
	return err
}

// Read is that of Store.
func (k *Kubernetes) Read(ctx context.Context, bundle string) (Entries, error) {
	name := k.SecretName(bundle)
	secret, err := k.Secrets.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, described(name, err)
	}
	return secret.Data, nil
}

func lostRace(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }

func described(name string, err error) error {
	if err == nil || errors.Is(err, ErrUnchanged) {
		return nil
	}
	return fmt.Errorf("secret %s: %w", name, err)
}
