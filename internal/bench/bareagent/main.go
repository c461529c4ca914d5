// Bareagent is the baseline of the agent: the libraries that it is made of, doing
// the least that an agent does. It samples the machine with gopsutil every 15 s
// and sends each sample as one JSON message over a proven session, without state,
// outbox, local API or anything for the employee.
package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/disk"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/net"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
)

func main() {
	log.Fatal(run(os.Args[1]))
}

func run(enrolment string) error {
	ctx := context.Background()
	e, err := wire.ParseEnrolment(enrolment)
	if err != nil {
		return err
	}
	d, err := uplink.NewDialer(uplink.Options{URL: e.URL, ServerKey: e.Key, Pin: e.Pin, Agent: "bare"})
	if err != nil {
		return err
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	id, _, err := d.Enrol(ctx, e.Token, key, wire.Machine{Hostname: "bare", OS: "linux", Arch: "amd64"}, "")
	if err != nil {
		return err
	}
	s, err := d.Dial(ctx, key, wire.Prove{Endpoint: id.Endpoint, Hostname: "bare", Columns: wire.DefaultColumns()})
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 512)
		for {
			if _, err := s.Next(buf, time.Hour); err != nil {
				log.Fatal(err)
			}
		}
	}()
	for {
		b, err := json.Marshal(sample())
		if err != nil {
			return err
		}
		if err := s.Send("sample", ulid.Make().String(), "", json.RawMessage(b)); err != nil {
			return err
		}
		time.Sleep(wire.SampleInterval)
	}
}

// sample reads what a health sample needs. A reading that fails is left out.
func sample() map[string]any {
	out := map[string]any{"at": time.Now()}
	if v, err := cpu.Times(false); err == nil {
		out["cpu"] = v
	}
	if v, err := load.Avg(); err == nil {
		out["load"] = v
	}
	if v, err := mem.VirtualMemory(); err == nil {
		out["memory"] = v.UsedPercent
	}
	if v, err := mem.SwapMemory(); err == nil {
		out["swap"] = v.UsedPercent
	}
	if v, err := disk.Usage("/"); err == nil {
		out["disk"] = v.UsedPercent
	}
	if v, err := net.IOCounters(false); err == nil && len(v) > 0 {
		out["received"], out["sent"] = v[0].BytesRecv, v[0].BytesSent
	}
	return out
}
