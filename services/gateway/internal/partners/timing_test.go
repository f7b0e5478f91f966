package partners

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/testmesh"
)

// moments are the mean and the variance of what was seen.
type moments struct{ n, mean, m2 float64 }

func (m *moments) add(x float64) {
	m.n++
	step := x - m.mean
	m.mean += step / m.n
	m.m2 += step * (x - m.mean)
}

// welch is the t statistic of two samples: past 4.5 they differ, by the rule that dudect uses.
func welch(a, b moments) float64 {
	return math.Abs(a.mean-b.mean) / math.Sqrt(a.m2/(a.n-1)/a.n+b.m2/(b.n-1)/b.n)
}

// compareTimes runs two cases in random turns, without the slowest tenth of both together: those tell of the machine.
func compareTimes(samples int, cases [2]func()) float64 {
	taken := make([]float64, samples)
	which := make([]int, samples)
	for i := range samples {
		which[i] = rand.IntN(2)
		begin := time.Now()
		cases[which[i]]()
		taken[i] = float64(time.Since(begin).Nanoseconds())
	}
	bound := slices.Sorted(slices.Values(taken))[samples*9/10]
	var seen [2]moments
	for i, nanoseconds := range taken {
		if nanoseconds <= bound {
			seen[which[i]].add(nanoseconds)
		}
	}
	return welch(seen[0], seen[1])
}

// TestWrongKeysTakeTheSameTime: S2. ORDERMESH_TIMING_SAMPLES=1000000 on a quiet machine; it times, so it does not run with
// the others.
func TestWrongKeysTakeTheSameTime(t *testing.T) {
	samples, err := strconv.Atoi(os.Getenv("ORDERMESH_TIMING_SAMPLES"))
	if err != nil {
		t.Skip("ORDERMESH_TIMING_SAMPLES=1000000 runs it")
	}
	ring := newRing(t)
	good := testmesh.APIKey("timing")
	ring.Replace(records{"p": testmesh.Record("p", "timing")})
	if _, err := ring.Authenticate(good); err != nil {
		t.Fatal(err)
	}
	refused := func(key string) func() {
		return func() {
			if _, err := ring.Authenticate(key); err == nil {
				t.Fatal("a wrong key is taken")
			}
		}
	}
	nearest, farthest := testmesh.NearKey("timing"), testmesh.APIKey("another")
	for name, cases := range map[string][2]func(){
		"all but one character right, and none": {refused(nearest), refused(farthest)},
		"the same twice":                        {refused(farthest), refused(farthest)},
	} {
		if statistic := compareTimes(samples, cases); statistic > 4.5 {
			t.Errorf("%s: t = %.1f", name, statistic)
		} else {
			t.Logf("%s: t = %.1f", name, statistic)
		}
	}
	// The method must see what an early end of the comparison would show: eight bytes more or less.
	early := func(steps int) func() {
		return func() {
			refused(farthest)()
			for i := range steps {
				_ = strconv.Itoa(1000 + i)
			}
		}
	}
	if statistic := compareTimes(samples, [2]func(){early(0), early(1)}); statistic < 4.5 {
		t.Errorf("a difference of some 50 ns is not seen: t = %.1f", statistic)
	}
}
