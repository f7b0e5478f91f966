// Command ordermesh-backup copies the stores of an Ordermesh to a folder or to S3-compatible storage, and back. People
// reach it as `ordermesh backup`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"gocloud.dev/gcerrors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordermesh.dev/backup/internal/job"
	"ordermesh.dev/backup/internal/repo"
)

// version is set by the build.
var version = "unknown"

// The exit codes of `ordermesh`.
const (
	done        = 0
	answerIsNo  = 1
	wrongUsage  = 2
	unavailable = 3
	notFound    = 4
	failed      = 5
)

const overview = `ordermesh backup - copies the stores of an Ordermesh to a folder or to S3-compatible storage, and back

  create   copy every store while it works: only what is not there yet is uploaded
  list     show the backups
  verify   read everything again and compare each hash
  restore  write a store of a backup into a new or empty folder
  prune    delete backups that are too old, and what no backup needs any more

` + "`ordermesh backup COMMAND --help`" + ` explains a command with examples. -o json prints one JSON document.

Where backups are kept: file:///folder, or s3://bucket?region=eu-central-1&prefix=orders/ (for other storage with S3's
interface add &endpoint=https://...&use_path_style=true). Credentials are those of the AWS SDK: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, a profile, or the role of the pod or machine. Addresses and TLS files may come from the environment
too: --order_store from ORDERMESH_ORDER_STORE, --tls_cert from ORDERMESH_TLS_CERT.

Exit codes:
  0  done; a restore that finds a store already there is done too
  1  the answer is no: something is missing or damaged, an audit found problems, the folder does not fit
  2  wrong usage
  3  a store or the storage stayed unavailable
  4  what was named does not exist
  5  anything else that failed
`

type command struct {
	usage string
	run   func(ctx context.Context, arguments []string, c *console) error
}

var commands = map[string]command{
	"create":  {createUsage, create},
	"list":    {listUsage, list},
	"verify":  {verifyUsage, verify},
	"restore": {restoreUsage, restore},
	"prune":   {pruneUsage, prune},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, out, err io.Writer) int {
	if len(arguments) == 0 || arguments[0] == "-h" || arguments[0] == "--help" || arguments[0] == "help" {
		fmt.Fprint(out, overview)
		if len(arguments) == 0 {
			return wrongUsage
		}
		return done
	}
	if arguments[0] == "--version" {
		fmt.Fprintln(out, version)
		return done
	}
	chosen, known := commands[arguments[0]]
	if !known {
		fmt.Fprintf(err, "ordermesh backup: there is no command %q; there are create, list, verify, restore and prune\n",
			arguments[0])
		return wrongUsage
	}
	return report(chosen.run(ctx, arguments[1:], &console{out: out, err: err}), err)
}

// answerError is an answer that is no; what it is about was printed.
type answerError struct{ text string }

func (e *answerError) Error() string { return e.text }

// usageError is a wrong command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// report prints what failed and gives the exit code.
func report(err error, to io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return done
	}
	fmt.Fprintf(to, "ordermesh backup: %s\n", explain(err))
	var usage *usageError
	var answer *answerError
	var damaged *repo.DamagedError
	var missing *repo.MissingError
	var unfit *job.UnfitError
	var busy *repo.BusyError
	switch {
	case errors.As(err, &usage):
		return wrongUsage
	case errors.As(err, &answer), errors.As(err, &damaged), errors.As(err, &unfit):
		return answerIsNo
	case errors.As(err, &missing):
		// An object that a backup needs is an answer; a backup that was named is not there.
		if strings.HasPrefix(missing.Key, "objects/") {
			return answerIsNo
		}
		return notFound
	case errors.As(err, &busy):
		return unavailable
	}
	switch code := codeOf(err); code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
		return unavailable
	case codes.NotFound:
		return notFound
	}
	if gcerrors.Code(err) == gcerrors.DeadlineExceeded {
		return unavailable
	}
	return failed
}

func codeOf(err error) codes.Code {
	var carrier interface{ GRPCStatus() *status.Status }
	if errors.As(err, &carrier) {
		return carrier.GRPCStatus().Code()
	}
	return codes.Unknown
}

func explain(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped; what was uploaded is used by the next run"
	}
	switch codeOf(err) {
	case codes.PermissionDenied, codes.Unauthenticated:
		return err.Error() + " (backups need the mesh identity `backup`: --tls_cert, --tls_key)"
	case codes.Unimplemented:
		return err.Error() + " (that service is too old to be backed up, or the address is not a store's)"
	}
	return err.Error()
}
