package alerts

import "time"

// window adds up what came lately.
type window struct{ steps []step }

type step struct {
	at    time.Time
	count int64
}

// maxSteps bounds the memory of one window: steps closer together than its part of it are one.
const maxSteps = 128

// add counts something. What is older than `keep` is forgotten.
func (w *window) add(at time.Time, count int64, keep time.Duration) {
	old := 0
	for old < len(w.steps) && at.Sub(w.steps[old].at) > keep {
		old++
	}
	w.steps = w.steps[old:]
	if count <= 0 {
		return
	}
	if last := len(w.steps) - 1; last >= 0 && at.Sub(w.steps[last].at) < keep/maxSteps {
		w.steps[last].count += count
		return
	}
	w.steps = append(w.steps, step{at, count})
}

// since adds up what came after a moment.
func (w *window) since(moment time.Time) int64 {
	var sum int64
	for _, one := range w.steps {
		if one.at.After(moment) {
			sum += one.count
		}
	}
	return sum
}
