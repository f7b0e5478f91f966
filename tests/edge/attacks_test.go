package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// attackTime is how long each attack lasts: 3 s in every run, EDGE_LONG=1m by hand (R16).
func attackTime() time.Duration {
	if long, err := time.ParseDuration(os.Getenv("EDGE_LONG")); err == nil {
		return long
	}
	return 3 * time.Second
}

// maxGatewayBytes is what the gateway may hold under any attack.
const maxGatewayBytes = 768 << 20

// probe sends valid orders one after another for as long, and gives their latencies.
func probe(t *testing.T, lasting time.Duration) []time.Duration {
	var latencies []time.Duration
	for end := time.Now().Add(lasting); time.Now().Before(end); {
		begin := time.Now()
		got := mesh.http("POST", "/api/feed/partner-a", orderA(freshNumber()), mesh.own())
		if got.status != 201 {
			t.Errorf("a valid order under attack: %d %s", got.status, got.body)
			return latencies
		}
		latencies = append(latencies, time.Since(begin))
		time.Sleep(2 * time.Millisecond)
	}
	return latencies
}

// p99 in milliseconds.
func p99(latencies []time.Duration) float64 {
	if len(latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(latencies))
	return float64(sorted[len(sorted)*99/100].Microseconds()) / 1000
}

func gatewayBytes(t *testing.T) int64 {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(mesh.data, "run", "ordermesh-gateway.pid"))
	if err != nil {
		t.Fatal(err)
	}
	statm, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(pid)), "statm"))
	if err != nil {
		t.Fatal("the gateway is gone: ", err)
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// The partner that sends a hundred times its limit, and that limit in orders a second.
const (
	greedy      = "greedy"
	greedyLimit = 100
)

// attackerCores is what an attacker may use of this machine: strangers bring their own cores, so that without a bound the
// latencies would tell how well the attacker and the mesh share a processor.
const attackerCores = 0.5

// target is what an attacker is told.
type target struct {
	Attack        string
	REST, GRPC    string
	Keys          map[string]string
	OperatorToken string
	Time          time.Duration
}

// attackFromStdin is the attacker's process: it does what the target on its standard input says, and nothing else.
func attackFromStdin() error {
	var told target
	if err := json.NewDecoder(os.Stdin).Decode(&told); err != nil {
		return err
	}
	mesh.rest, mesh.grpc, mesh.partnerKeys, mesh.operatorToken = told.REST, told.GRPC, told.Keys, told.OperatorToken
	ctx, cancel := context.WithTimeout(context.Background(), told.Time)
	defer cancel()
	attacks[told.Attack](ctx)
	return nil
}

// quota makes a control group of attackerCores and gives its file of processes. Without the right to do so there is none,
// and the latencies say less.
func quota(t *testing.T) string {
	group := fmt.Sprintf("/sys/fs/cgroup/cpu/ordermesh-edge-%d", os.Getpid())
	const period = 10_000
	set := func(name string, value int) error {
		return os.WriteFile(filepath.Join(group, name), []byte(strconv.Itoa(value)), 0o644)
	}
	err := os.Mkdir(group, 0o755)
	if err == nil {
		t.Cleanup(func() { _ = os.Remove(group) })
		err = set("cpu.cfs_period_us", period)
	}
	if err == nil {
		err = set("cpu.cfs_quota_us", attackerCores*period)
	}
	if err != nil {
		t.Logf("the attackers have no bound on their processor time: %v", err)
		return os.DevNull
	}
	return filepath.Join(group, "cgroup.procs")
}

// startAttack begins an attack in a process of its own; the result is ready when it has ended.
func startAttack(t *testing.T, name, procs string) <-chan error {
	t.Helper()
	told, err := json.Marshal(target{name, mesh.rest, mesh.grpc, mesh.partnerKeys, mesh.operatorToken, attackTime()})
	if err != nil {
		t.Fatal(err)
	}
	attacker := exec.Command("sh", "-c", `echo $$ >"$1" && exec "$0" "-test.run=^$"`, os.Args[0], procs)
	attacker.Env = append(os.Environ(), "EDGE_ATTACK=stdin")
	attacker.Stdin = bytes.NewReader(told)
	said := &bytes.Buffer{}
	attacker.Stdout, attacker.Stderr = said, said
	if err := attacker.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		err := attacker.Wait()
		if err != nil || said.Len() > 0 {
			t.Logf("the attacker: %v %s", err, said)
		}
		done <- err
	}()
	return done
}

// TestAttacksHurtNobodyElse: R16 and S6. Valid orders must go on being created, and the gateway's memory stays bounded. The
// latencies are logged; docs/security.md has those of the long form.
func TestAttacksHurtNobodyElse(t *testing.T) {
	mesh.partnerKeys[greedy] = newPartner(t, greedy, greedyLimit, greedyLimit)[0]
	procs := quota(t)
	pid, _ := os.ReadFile(filepath.Join(mesh.data, "run", "ordermesh-gateway.pid"))
	for _, name := range slices.Sorted(maps.Keys(attacks)) {
		t.Run(name, func(t *testing.T) { underAttack(t, name, procs) })
	}
	if after, _ := os.ReadFile(filepath.Join(mesh.data, "run", "ordermesh-gateway.pid")); string(after) != string(pid) {
		t.Error("the gateway died under attack")
	}
}

// underAttack compares valid orders just before an attack with those during it.
func underAttack(t *testing.T, name, procs string) {
	calm := p99(probe(t, attackTime()))
	done := startAttack(t, name, procs)
	latencies := probe(t, attackTime())
	bytes := gatewayBytes(t)
	if err := <-done; err != nil {
		t.Error("the attacker failed: ", err)
	}
	t.Logf("p99 %.1f ms, calm %.1f ms, %d valid orders, gateway %d MiB", p99(latencies), calm, len(latencies), bytes>>20)
	if bytes > maxGatewayBytes {
		t.Errorf("the gateway holds %d MiB", bytes>>20)
	}
	if len(latencies) == 0 {
		t.Error("no valid order came through")
	}
}
