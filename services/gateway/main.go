// Command ordermesh-gateway is the edge of the mesh: REST and gRPC from outside end here.
//
//	ordermesh-gateway --http_listen ... (see --help)
//	ordermesh-gateway token --jwt_key_file F --role operator --subject NAME --ttl 8760h
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"google.golang.org/grpc/grpclog"

	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/edge"
)

// version is set by the build.
var version = "unknown"

// memoryGoal is what the collector works for where GOMEMLIMIT says nothing: by itself it lets the heap double under a flood.
const memoryGoal = 640 << 20

func main() {
	// gRPC's own log has addresses and the faults of clients; ours has what matters.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, signals))
}

// run is the program; it gives the exit code.
func run(arguments []string, out, problems io.Writer, signals <-chan os.Signal) int {
	var err error
	if len(arguments) > 0 && arguments[0] == "token" {
		err = issueToken(arguments[1:], out, problems)
	} else {
		err = serve(arguments, out, problems, signals)
	}
	switch {
	case err == nil, isHelp(err):
		return 0
	default:
		_, _ = fmt.Fprintln(problems, "ordermesh-gateway:", err)
		return 1
	}
}

func isHelp(err error) bool { return errors.Is(err, flag.ErrHelp) }

func serve(arguments []string, out, problems io.Writer, signals <-chan os.Signal) error {
	settings, err := config.Parse(arguments, problems)
	if err != nil {
		return err
	}
	settings.Version = version
	// Many small and short-lived objects, a small live heap: collecting less often is worth some megabytes.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	log := slog.New(slog.NewJSONHandler(problems, nil))
	gateway, err := edge.Start(settings, out, log)
	if err != nil {
		return err
	}
	log.Info("serving", "ports", gateway.Addresses())
	log.Info("draining", "signal", (<-signals).String())
	gateway.Stop(settings.Drain)
	log.Info("stopped")
	return nil
}

func issueToken(arguments []string, out, problems io.Writer) error {
	flags := flag.NewFlagSet("ordermesh-gateway token", flag.ContinueOnError)
	flags.SetOutput(problems)
	keyFile := flags.String("jwt_key_file", "", "the Ed25519 key of the built-in token issuer (PKCS #8, PEM)")
	role := flags.String("role", "", "viewer, operator or admin")
	subject := flags.String("subject", "", "whose token it is")
	ttl := flags.Duration("ttl", time.Hour, "how long it is valid")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *keyFile == "" {
		return fmt.Errorf("--jwt_key_file is needed")
	}
	data, err := config.ReadSecret(*keyFile)
	if err != nil {
		return err
	}
	key, err := auth.ParseSigningKey(data)
	if err != nil {
		return err
	}
	token, err := key.Issue(*subject, *role, time.Now(), *ttl)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, token)
	return err
}
