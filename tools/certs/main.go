// Command ordermesh-certs makes what the mesh proves itself with: certificates of its own authority, and its secrets.
//
//	ordermesh-certs issue   --namespace NS --prefix ordermesh --services feed,validation [--rotate all|ca|SERVICE]
//	ordermesh-certs secrets --namespace NS --name ordermesh-secrets
//	ordermesh-certs expiry  --namespace NS --prefix ordermesh --services feed,validation
//	ordermesh-certs copy    --from DIR --to DIR
//	ordermesh-certs token   --jwt_key_file FILE --role operator --subject NAME --ttl 10m --out FILE
//
// They are Secrets of a Kubernetes namespace, or with --directory DIR in place of --namespace the files
// DIR/SERVICE/{tls.crt,tls.key,ca.crt}, DIR/ca/, DIR/ca.crt and DIR/secrets/{pepper,jwt.pem}. Exit codes: 0 done, 1
// failed or something ends soon, 2 wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"ordermesh.dev/certs/internal/issue"
	"ordermesh.dev/certs/internal/store"
)

const (
	// kubernetesSettle is how long it takes until every kubelet has written a changed Secret to its pods (at most its sync
	// period of a minute, and half as much again for its cache), and the pods have read it, which they do every second.
	kubernetesSettle = 150 * time.Second
	directorySettle  = 3 * time.Second
)

var errUsage = errors.New("wrong usage")

const help = `ordermesh-certs - certificates of the mesh's own authority, and its secrets
usage: ordermesh-certs COMMAND [FLAGS]

  issue    makes the authority and the services' certificates where they are missing or end soon; --rotate makes them anew
  expiry   says when they end; exit code 1 where one ends soon
  secrets  makes the pepper of API keys and the key of operators' tokens where they are missing, and never changes them
  copy     copies files so that they belong to this user alone
  token    signs an operator's token

ordermesh-certs COMMAND --help lists its flags. Exit codes: 0 done, 1 failed or something ends soon, 2 wrong usage.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it gives the exit code.
func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	commands := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"issue": runIssue, "secrets": runSecrets, "expiry": runExpiry, "token": runToken, "copy": runCopy,
	}
	var command func(context.Context, []string, io.Writer, io.Writer) error
	if len(arguments) > 0 {
		command = commands[arguments[0]]
	}
	if len(arguments) > 0 && slices.Contains([]string{"-h", "--help", "help"}, arguments[0]) {
		_, _ = io.WriteString(out, help)
		return 0
	}
	if command == nil {
		_, _ = io.WriteString(problems, help)
		return 2
	}
	err := command(ctx, arguments[1:], out, problems)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintln(problems, "ordermesh-certs:", err)
		return 2
	default:
		_, _ = fmt.Fprintln(problems, "ordermesh-certs:", err)
		return 1
	}
}

// place is where bundles are kept.
type place struct {
	namespace, directory, prefix string
}

func (p *place) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&p.namespace, "namespace", "", "the namespace of the Secrets (default: that of the pod)")
	flags.StringVar(&p.directory, "directory", "", "keep files here, in place of Secrets")
}

func (p *place) addPrefix(flags *flag.FlagSet) {
	flags.StringVar(&p.prefix, "prefix", "ordermesh", "Secrets are PREFIX-SERVICE-tls and PREFIX-ca")
}

// open gives the store; secretName names the Secret of a bundle.
func (p *place) open(secretName func(bundle string) string) (store.Store, error) {
	if p.directory != "" {
		if p.namespace != "" {
			return nil, fmt.Errorf("%w: --namespace and --directory exclude each other", errUsage)
		}
		return store.Directory{Path: p.directory}, nil
	}
	if p.namespace == "" {
		var err error
		if p.namespace, err = store.Namespace(); err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	secrets, err := store.Connect(p.namespace)
	if err != nil {
		return nil, err
	}
	return &store.Kubernetes{Secrets: secrets, SecretName: secretName}, nil
}

func (p *place) certificateSecret(bundle string) string {
	if bundle == issue.AuthorityBundle {
		return p.prefix + "-" + bundle
	}
	return p.prefix + "-" + bundle + "-tls"
}

// dnsNames are what a service is called where it is looked for.
func (p *place) dnsNames(service string) []string {
	if p.directory != "" {
		return []string{service, "localhost"}
	}
	name := p.prefix + "-" + service
	return []string{name, name + "." + p.namespace + ".svc"}
}

func runIssue(ctx context.Context, arguments []string, _, problems io.Writer) error {
	var where place
	flags := newFlags("issue", problems)
	where.addFlags(flags)
	where.addPrefix(flags)
	services := flags.String("services", "", "who gets a certificate, separated by commas")
	trustDomain := flags.String("trust_domain", "ordermesh.local", "certificates carry spiffe://TRUST_DOMAIN/SERVICE")
	rotate := flags.String("rotate", "", "all, ca or a service: make it anew although it is good")
	settle := flags.Duration("settle", 0, "how long a new authority is trusted before it signs (default 150s, files 3s)")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	names, err := splitNames(*services)
	if err != nil {
		return err
	}
	if *rotate != "" && !slices.Contains(append(names, issue.RotateAll, issue.RotateAuthority), *rotate) {
		return fmt.Errorf("%w: --rotate: there is no %q", errUsage, *rotate)
	}
	keep, err := where.open(where.certificateSecret)
	if err != nil {
		return err
	}
	if *settle == 0 {
		*settle = kubernetesSettle
		if where.directory != "" {
			*settle = directorySettle
		}
	}
	issuer := &issue.Issuer{
		Store: keep, TrustDomain: *trustDomain, Services: names, DNSNames: where.dnsNames, Rotate: *rotate, Settle: *settle,
		Now: time.Now, Wait: wait, Log: slog.New(slog.NewJSONHandler(problems, nil)),
	}
	if err := issuer.Run(ctx); err != nil || where.directory == "" {
		return err
	}
	// For whoever is outside of the mesh and has no certificate of its own.
	authorities := filepath.Join(issue.AuthorityBundle, store.Authorities)
	return renameio.Symlink(authorities, filepath.Join(where.directory, store.Authorities))
}

func runSecrets(ctx context.Context, arguments []string, _, problems io.Writer) error {
	var where place
	flags := newFlags("secrets", problems)
	where.addFlags(flags)
	name := flags.String("name", "ordermesh-secrets", "the Secret's name; with --directory it is the folder secrets")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	keep, err := where.open(func(string) string { return *name })
	if err != nil {
		return err
	}
	made, err := issue.Secrets(ctx, keep, "secrets")
	if err != nil {
		return err
	}
	slog.New(slog.NewJSONHandler(problems, nil)).Info("secrets are there", "made", made)
	return nil
}

func newFlags(command string, problems io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("ordermesh-certs "+command, flag.ContinueOnError)
	flags.SetOutput(problems)
	return flags
}

func parse(flags *flag.FlagSet, arguments []string) error {
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q is no flag", errUsage, flags.Arg(0))
	}
	return nil
}

// splitNames refuses what could not be a file's or a Secret's name.
func splitNames(text string) ([]string, error) {
	names := strings.Split(text, ",")
	for _, name := range names {
		fits := name != "" && name != issue.AuthorityBundle && name != "secrets" && name != issue.RotateAll &&
			strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
		if !fits {
			return nil, fmt.Errorf("%w: --services: %q is no service's name", errUsage, name)
		}
	}
	return names, nil
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
