package fleet

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// ring rings at the rate that was asked for, at moments that know nothing of each
// other, as people do.
func (f *Fleet) ring(ctx context.Context) {
	every := time.Duration(float64(time.Minute) / f.options.Rings)
	next := time.Now()
	for {
		next = next.Add(time.Duration(rand.ExpFloat64() * float64(every)))
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
		if e := f.any(); e != nil {
			e.ring(Ring{Person: rand.IntN(3), Plain: f.options.Plain}, nil)
		}
	}
}

// send rings as fast as one sender can who waits for each acknowledgement.
func (f *Fleet) send(ctx context.Context) {
	for ctx.Err() == nil {
		e := f.any()
		if e == nil {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		done := make(chan wire.Ack, 1)
		e.ring(Ring{Plain: f.options.Plain}, func(a wire.Ack) { done <- a })
		select {
		case <-ctx.Done():
		case <-done:
		}
	}
}
