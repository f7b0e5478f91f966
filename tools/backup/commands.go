package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"ordermesh.dev/backup/internal/job"
	"ordermesh.dev/backup/internal/mesh"
	"ordermesh.dev/backup/internal/repo"
)

const createUsage = `Copies the stores to a place for backups while they work. The states are settled in the order error-store,
order-store, partners; only files that are not there yet are uploaded; the backup is there when its manifest is, which is
written last. A run that was interrupted leaves no half of a backup, and the next one uses what it uploaded.

Examples:
  ordermesh backup create --to file:///var/backups/ordermesh
  ordermesh-backup create --to 's3://orders-backup?region=eu-central-1' --order_store dns:///ordermesh-order-store:7000 \
    --error_store dns:///ordermesh-error-store:7000 --partners dns:///ordermesh-partners:7000 \
    --tls_cert /tls/tls.crt --tls_key /tls/tls.key --tls_ca /tls/ca.crt
`

const (
	parallelReads = 4
	hoursADay     = 24
)

// addresses is a flag that may be given several times, or with commas: one address a shard.
type addresses []string

func (a *addresses) String() string { return strings.Join(*a, ",") }

// Set adds.
func (a *addresses) Set(value string) error {
	for address := range strings.SplitSeq(value, ",") {
		if address = strings.TrimSpace(address); address != "" {
			*a = append(*a, address)
		}
	}
	return nil
}

// storeResult is a store in the output of commands.
type storeResult struct {
	Store          string    `json:"store"`
	Shard          int       `json:"shard"`
	Position       int64     `json:"position"`
	Rows           int64     `json:"rows"`
	StateHash      string    `json:"stateHash"`
	AuditOK        bool      `json:"auditOk"`
	Problems       []string  `json:"problems,omitempty"`
	RecordVersion  int       `json:"recordVersion"`
	ServiceVersion string    `json:"serviceVersion"`
	CreateTime     time.Time `json:"createTime"`
	Files          int       `json:"files"`
	Bytes          int64     `json:"bytes"`
}

// backupResult is a backup in the output of commands.
type backupResult struct {
	ID      string        `json:"id"`
	Time    time.Time     `json:"time"`
	Bytes   int64         `json:"bytes"`
	Stores  []storeResult `json:"stores"`
	Problem string        `json:"problem,omitempty"`
}

func resultOf(backup *repo.Backup) backupResult {
	result := backupResult{ID: backup.ID, Time: backup.Time, Bytes: backup.Bytes(), Stores: []storeResult{}}
	for i := range backup.Stores {
		s := &backup.Stores[i]
		result.Stores = append(result.Stores, storeResult{
			s.Kind, s.Shard, s.Position, s.Rows, s.StateHash, s.AuditOK, s.Problems, s.RecordVersion, s.ServiceVersion,
			s.CreateTime, len(s.Files), s.Bytes(),
		})
	}
	return result
}

func create(ctx context.Context, arguments []string, c *console) error {
	began := time.Now()
	flags := flag.NewFlagSet("create", flag.ContinueOnError)
	to := flags.String("to", "", "where backups are kept: file:///folder or s3://bucket?...")
	kinds := []struct {
		kind, flag string
		addresses  addresses
	}{{kind: "error-store", flag: "error_store"}, {kind: "order-store", flag: "order_store"},
		{kind: "partners", flag: "partners"}}
	for i := range kinds {
		flags.Var(&kinds[i].addresses, kinds[i].flag, "host:port of "+kinds[i].kind+"; with commas one for each shard")
	}
	var identity mesh.TLS
	flags.StringVar(&identity.Cert, "tls_cert", "", "certificate of the mesh identity `backup` (PEM)")
	flags.StringVar(&identity.Key, "tls_key", "", "its key")
	flags.StringVar(&identity.CA, "tls_ca", "", "the authorities that the services' certificates are checked against")
	flags.StringVar(&identity.TrustDomain, "trust_domain", "ordermesh.local",
		"certificates carry spiffe://<trust_domain>/<service>")
	flags.BoolVar(&identity.Insecure, "insecure", false, "plaintext to the stores: only for tests")
	wait := flags.Float64("wait", 30, "seconds to wait for a store that is away")
	err := c.parse(flags, createUsage, arguments, "order_store", "error_store", "partners", "tls_cert", "tls_key",
		"tls_ca", "trust_domain")
	if err != nil {
		return err
	}
	if *to == "" {
		return &usageError{"--to is needed: where backups are kept"}
	}
	if !identity.Insecure && (identity.Cert == "" || identity.Key == "" || identity.CA == "") {
		return &usageError{"--tls_cert, --tls_key and --tls_ca are needed"}
	}
	var stores []*mesh.Store
	for _, kind := range kinds {
		for _, address := range kind.addresses {
			store, err := mesh.Connect(kind.kind, address, identity, time.Duration(*wait*float64(time.Second)))
			if err != nil {
				return err
			}
			defer store.Close()
			stores = append(stores, store)
		}
	}
	if len(stores) == 0 {
		return &usageError{"--order_store, --error_store or --partners is needed"}
	}
	place, err := repo.Open(ctx, *to, true)
	if err != nil {
		return err
	}
	defer place.Close()
	progress := &job.Progress{}
	hide := c.show(progress)
	created, err := job.Create(ctx, stores, place, version, progress)
	hide()
	if err != nil {
		return err
	}
	return c.printCreated(created, time.Since(began))
}

func (c *console) printCreated(created *job.Created, took time.Duration) error {
	result := struct {
		backupResult
		Objects         int     `json:"objects"`
		UploadedObjects int     `json:"uploadedObjects"`
		UploadedBytes   int64   `json:"uploadedBytes"`
		Seconds         float64 `json:"seconds"`
	}{resultOf(created.Backup), created.Objects, created.Uploaded, created.UploadedBytes, took.Seconds()}
	err := c.print(result, func(out io.Writer) {
		rows := []string{"STORE\tPOSITION\tROWS\tSIZE\tAUDIT"}
		for _, s := range result.Stores {
			rows = append(rows, fmt.Sprintf("%s/%d\t%d\t%d\t%s\t%s", s.Store, s.Shard, s.Position, s.Rows,
				job.Bytes(s.Bytes), auditWord(s.AuditOK)))
		}
		table(out, rows...)
		fmt.Fprintf(out, "backup %s: uploaded %d of %d objects, %s of %s, in %.1f s\n", result.ID,
			result.UploadedObjects, result.Objects, job.Bytes(result.UploadedBytes), job.Bytes(result.Bytes), result.Seconds)
	})
	if err != nil {
		return err
	}
	for i := range created.Backup.Stores {
		if store := &created.Backup.Stores[i]; !store.AuditOK {
			return &answerError{fmt.Sprintf("the backup %s was kept, but the audit of %s found problems: %s",
				created.Backup.ID, store.Name(), strings.Join(store.Problems, "; "))}
		}
	}
	return nil
}

func auditWord(ok bool) string {
	if ok {
		return "ok"
	}
	return "PROBLEMS"
}

const listUsage = `Shows the backups, oldest first.

Examples:
  ordermesh backup list --from file:///var/backups/ordermesh
  ordermesh backup list --from 's3://orders-backup?region=eu-central-1' -o json
`

func list(ctx context.Context, arguments []string, c *console) error {
	place, err := c.open(ctx, flag.NewFlagSet("list", flag.ContinueOnError), listUsage, arguments)
	if err != nil {
		return err
	}
	defer place.Close()
	ids, err := place.IDs(ctx)
	if err != nil {
		return err
	}
	results := []backupResult{}
	for _, id := range ids {
		backup, err := place.Read(ctx, id)
		var damaged *repo.DamagedError
		switch {
		case errors.As(err, &damaged):
			results = append(results, backupResult{ID: id, Stores: []storeResult{}, Problem: damaged.Problem})
		case err != nil:
			return err
		default:
			results = append(results, resultOf(backup))
		}
	}
	return c.print(map[string]any{"backups": results}, func(out io.Writer) {
		rows := []string{"ID\tSIZE\tSTORES"}
		for _, result := range results {
			stores := []string{}
			for _, s := range result.Stores {
				stores = append(stores, fmt.Sprintf("%s/%d at %d", s.Store, s.Shard, s.Position))
			}
			if result.Problem != "" {
				stores = []string{"DAMAGED: " + result.Problem}
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s", result.ID, job.Bytes(result.Bytes), strings.Join(stores, ", ")))
		}
		table(out, rows...)
	})
}

const verifyUsage = `Reads every object of every backup (or of one, --id) and compares its hash. Names what is missing or damaged, and who
needs it; exits 1 then.

Examples:
  ordermesh backup verify --from file:///var/backups/ordermesh
  ordermesh backup verify --from file:///var/backups/ordermesh --id latest
`

func verify(ctx context.Context, arguments []string, c *console) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	id := flags.String("id", "", "a backup, or latest; all where it is not given")
	place, err := c.open(ctx, flags, verifyUsage, arguments)
	if err != nil {
		return err
	}
	defer place.Close()
	ids, err := place.IDs(ctx)
	if err != nil {
		return err
	}
	if *id == "latest" && len(ids) > 0 {
		ids = ids[len(ids)-1:]
	} else if *id != "" {
		ids = []string{*id}
	}
	progress := &job.Progress{}
	progress.Doing.Store("verifying")
	hide := c.show(progress)
	report, err := place.Verify(ctx, ids, parallelReads, func(n int64) {
		progress.Total.Store(max(progress.Total.Load(), progress.Done.Add(n)))
	})
	hide()
	if err != nil {
		return err
	}
	document := struct {
		OK bool `json:"ok"`
		*repo.Report
	}{len(report.Problems) == 0, report}
	err = c.print(document, func(out io.Writer) {
		for _, problem := range report.Problems {
			fmt.Fprintf(out, "%s: %s: %s\n", strings.ToUpper(problem.Kind), problem.Key, problem.Detail)
			for _, user := range problem.UsedBy {
				fmt.Fprintf(out, "  needed by %s\n", user)
			}
		}
		fmt.Fprintf(out, "read %d backups, %d objects, %s: %d problems\n", report.Backups, report.Objects,
			job.Bytes(report.Bytes), len(report.Problems))
	})
	if err == nil && len(report.Problems) > 0 {
		err = &answerError{fmt.Sprintf("%d objects or manifests are missing or damaged", len(report.Problems))}
	}
	return err
}

const restoreUsage = `Writes a store of a backup into a new or empty folder, which is then its service's --data. Every file is checked while it
is written. Run it again where it was interrupted. Where the folder holds a store already it does nothing and exits 0, so
that it can stand in front of every start.

Examples:
  ordermesh backup restore --from file:///var/backups/ordermesh --id latest --store order-store --data /srv/orders
  ordermesh-backup restore --from "$URL" --id 20260115T100000.000000Z-0123456789abcdef --store partners --data /data
`

func restore(ctx context.Context, arguments []string, c *console) error {
	began := time.Now()
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	id := flags.String("id", "latest", "a backup, or latest")
	kind := flags.String("store", "", "order-store, error-store or partners")
	shard := flags.Int("shard", 0, "which shard of it")
	data := flags.String("data", "", "the folder")
	check := func() error {
		switch *kind {
		case "order-store", "error-store", "partners":
		default:
			return &usageError{"--store is order-store, error-store or partners"}
		}
		if *data == "" {
			return &usageError{"--data is needed: a new or empty folder"}
		}
		// Before the storage is asked: a pod that starts again must not depend on it.
		return job.CheckFolder(*data)
	}
	place, err := c.open(ctx, flags, restoreUsage, arguments, check)
	if errors.Is(err, job.ErrHoldsStore) {
		return c.print(map[string]any{"restored": false, "data": *data}, func(out io.Writer) {
			fmt.Fprintf(out, "%s already holds a store: nothing was restored\n", *data)
		})
	}
	if err != nil {
		return err
	}
	defer place.Close()
	backup, err := place.Read(ctx, *id)
	if err != nil {
		return err
	}
	store, err := job.Find(backup, *kind, *shard)
	if err != nil {
		return err
	}
	progress := &job.Progress{}
	hide := c.show(progress)
	err = job.Restore(ctx, place, store, *data, progress)
	hide()
	if err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	document := map[string]any{"restored": true, "id": backup.ID, "store": store.Kind, "shard": store.Shard,
		"position": store.Position, "rows": store.Rows, "stateHash": store.StateHash, "bytes": store.Bytes(),
		"data": *data, "seconds": seconds}
	return c.print(document, func(out io.Writer) {
		fmt.Fprintf(out, "restored %s of %s to %s: position %d, %s, in %.1f s\nstate hash %s\n", store.Name(), backup.ID,
			*data, store.Position, job.Bytes(store.Bytes()), seconds, store.StateHash)
	})
}

const pruneUsage = `Deletes backups that are too old, and then objects that no backup needs. The newest backup is always kept. It gives way
to a create that is under way (exit 3: run it again), and spares objects that are younger than --grace_hours.

Examples:
  ordermesh backup prune --from file:///var/backups/ordermesh --keep_days 35 --keep_monthly 12
`

func prune(ctx context.Context, arguments []string, c *console) error {
	flags := flag.NewFlagSet("prune", flag.ContinueOnError)
	days := flags.Int("keep_days", 35, "keep everything younger")
	months := flags.Int("keep_monthly", 12, "keep the newest of each of so many months before")
	grace := flags.Int("grace_hours", hoursADay, "spare objects that are younger")
	check := func() error {
		if *days < 0 || *months < 0 || *grace < 0 {
			return &usageError{"--keep_days, --keep_monthly and --grace_hours must not be negative"}
		}
		return nil
	}
	place, err := c.open(ctx, flags, pruneUsage, arguments, check)
	if err != nil {
		return err
	}
	defer place.Close()
	pruned, err := place.Prune(ctx, repo.Rules{
		Now: time.Now(), KeepDays: *days, KeepMonthly: *months, Grace: time.Duration(*grace) * time.Hour,
	})
	if err != nil {
		return err
	}
	return c.print(pruned, func(out io.Writer) {
		fmt.Fprintf(out, "deleted %d backups and %d objects (%s); kept %d backups\n", len(pruned.DeletedBackups),
			pruned.DeletedObjects, job.Bytes(pruned.DeletedBytes), len(pruned.KeptBackups))
	})
}

// open parses the flags, checks them and opens the place that --from names.
func (c *console) open(
	ctx context.Context, flags *flag.FlagSet, usage string, arguments []string, checks ...func() error,
) (*repo.Repo, error) {
	from := flags.String("from", "", "where backups are kept: file:///folder or s3://bucket?...")
	if err := c.parse(flags, usage, arguments); err != nil {
		return nil, err
	}
	if *from == "" {
		return nil, &usageError{"--from is needed: where backups are kept"}
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return repo.Open(ctx, *from, false)
}
