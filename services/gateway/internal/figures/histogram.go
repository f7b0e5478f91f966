package figures

import (
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
)

// Histogram counts calls by how long they took. Bounds are in seconds, rising, the last one infinite; counts are
// cumulative.
type Histogram struct {
	Bounds []float64
	Counts []float64
}

// Add joins what another histogram has counted. Those of one metric have the same bounds.
func (h *Histogram) Add(other *dto.Histogram) {
	if h.Bounds == nil {
		for _, bucket := range other.GetBucket() {
			h.Bounds = append(h.Bounds, bucket.GetUpperBound())
		}
		if len(h.Bounds) == 0 || !math.IsInf(h.Bounds[len(h.Bounds)-1], 1) {
			h.Bounds = append(h.Bounds, math.Inf(1))
		}
		h.Counts = make([]float64, len(h.Bounds))
	}
	for i, bucket := range other.GetBucket() {
		if i < len(h.Counts)-1 {
			h.Counts[i] += float64(bucket.GetCumulativeCount())
		}
	}
	h.Counts[len(h.Counts)-1] += float64(other.GetSampleCount())
}

// Since is what was counted after an earlier reading. Where a process was started again in between, all that it has.
func (h Histogram) Since(earlier Histogram) Histogram {
	if len(earlier.Counts) != len(h.Counts) || h.Count() < earlier.Count() {
		return h
	}
	since := Histogram{Bounds: h.Bounds, Counts: slices.Clone(h.Counts)}
	for i := range since.Counts {
		since.Counts[i] = max(0, since.Counts[i]-earlier.Counts[i])
	}
	return since
}

// Count is how many calls there were.
func (h Histogram) Count() float64 {
	if len(h.Counts) == 0 {
		return 0
	}
	return h.Counts[len(h.Counts)-1]
}

// Quantile is how many seconds a share of the calls took at most, interpolated within its bucket; the last finite bound
// where it lies beyond.
func (h Histogram) Quantile(share float64) float64 {
	rank := share * h.Count()
	if rank == 0 {
		return 0
	}
	i := slices.IndexFunc(h.Counts, func(count float64) bool { return count >= rank })
	lower, below := 0.0, 0.0
	if i > 0 {
		lower, below = h.Bounds[i-1], h.Counts[i-1]
	}
	if math.IsInf(h.Bounds[i], 1) {
		return lower
	}
	return lower + (h.Bounds[i]-lower)*(rank-below)/(h.Counts[i]-below)
}
