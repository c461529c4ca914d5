package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// root is where the machine's files begin: "" is this machine, a test gives a
// folder that looks like one.
type root string

// Collector describes one reading of the inventory.
type Collector struct {
	Name     inventory.Name
	Deadline time.Duration
	Child    bool          // it can hang or starts programs, so it runs in a child that can be killed
	Every    time.Duration // it is not read more often: what it asks is disturbed by it
}

type collector struct {
	Collector
	// read reads the section; its result becomes JSON, as from a child.
	read func(context.Context, root) (data any, note string, err error)
	// place puts the result into an inventory, and reports whether there is data.
	place func(*inventory.Inventory, stocked)
}

// stocked is a section whose data is still JSON.
type stocked struct {
	state diagnostics.SectionState
	took  time.Duration
	note  string
	at    time.Time
	data  json.RawMessage
}

func stock[T any](name inventory.Name, deadline time.Duration, read func(context.Context, root) (*T, string, error), at func(*inventory.Inventory) *inventory.Section[T]) collector {
	return collector{
		Collector: Collector{Name: name, Deadline: deadline},
		read: func(ctx context.Context, r root) (any, string, error) {
			v, note, err := read(ctx, r)
			if v == nil {
				return nil, note, err
			}
			return v, note, err
		},
		place: func(i *inventory.Inventory, s stocked) {
			out := inventory.Section[T]{State: s.state, TookMS: s.took.Milliseconds(), Note: s.note}
			if len(s.data) > 0 {
				if out.Data = new(T); json.Unmarshal(s.data, out.Data) != nil {
					out = inventory.Section[T]{State: diagnostics.StateFailed, Note: "What was read does not have its form."}
				} else {
					out.ReadAt = s.at
				}
			}
			*at(i) = out
		},
	}
}

// inChild marks a collector as risky.
func (c collector) inChild() collector { c.Child = true; return c }

// atMost marks a collector as one that is not asked more often.
func (c collector) atMost(every time.Duration) collector { c.Every = every; return c }

// collectors are all readings of the inventory. What one reads, in which unit and
// at which cost, stands in its file.
func collectors() []collector {
	type inv = inventory.Inventory
	return []collector{
		stock(inventory.NameHardware, 2*time.Second, readMachine, func(i *inv) *inventory.Section[inventory.Hardware] { return &i.Hardware }),
		stock(inventory.NameBattery, 3*time.Second, readBattery, func(i *inv) *inventory.Section[inventory.Battery] { return &i.Battery }).inChild(),
		stock(inventory.NameThermals, 3*time.Second, readThermals, func(i *inv) *inventory.Section[inventory.Thermals] { return &i.Thermals }).inChild(),
		stock(inventory.NameGPUs, 2*time.Second, readGPUs, func(i *inv) *inventory.Section[inventory.GPUs] { return &i.GPUs }).inChild(),
		stock(inventory.NameMonitors, 3*time.Second, readMonitors, func(i *inv) *inventory.Section[inventory.Monitors] { return &i.Monitors }).inChild(),
		stock(inventory.NameUSB, 2*time.Second, readUSB, func(i *inv) *inventory.Section[inventory.USB] { return &i.USB }).inChild(),
		stock(inventory.NamePrinters, 3*time.Second, readQueues, func(i *inv) *inventory.Section[inventory.Printers] { return &i.Printers }).inChild(),
		stock(inventory.NameDisks, 2*time.Second, readDisks, func(i *inv) *inventory.Section[inventory.Disks] { return &i.Disks }).inChild(),
		stock(inventory.NameSMART, 20*time.Second, readSMART, func(i *inv) *inventory.Section[inventory.SMART] { return &i.SMART }).inChild().atMost(time.Hour),
		stock(inventory.NameNetwork, 2*time.Second, readNetworkSetup, func(i *inv) *inventory.Section[inventory.Network] { return &i.Network }),
		stock(inventory.NameWireless, 3*time.Second, readWireless, func(i *inv) *inventory.Section[inventory.Wireless] { return &i.Wireless }).inChild(),
		stock(inventory.NameDrivers, 2*time.Second, readDrivers, func(i *inv) *inventory.Section[inventory.Drivers] { return &i.Drivers }),
		stock(inventory.NameSoftware, 20*time.Second, readSoftware, func(i *inv) *inventory.Section[inventory.Software] { return &i.Software }).inChild(),
		stock(inventory.NameUpdates, 90*time.Second, readUpdates, func(i *inv) *inventory.Section[inventory.Updates] { return &i.Updates }).inChild(),
		stock(inventory.NameStartup, 5*time.Second, readStartup, func(i *inv) *inventory.Section[inventory.Startup] { return &i.Startup }).inChild(),
		stock(inventory.NameSockets, 5*time.Second, readSockets, func(i *inv) *inventory.Section[inventory.Sockets] { return &i.Sockets }),
		stock(inventory.NameEncryption, 10*time.Second, readEncryption, func(i *inv) *inventory.Section[inventory.Encryption] { return &i.Encryption }).inChild(),
		stock(inventory.NameFirewall, 5*time.Second, readFirewall, func(i *inv) *inventory.Section[inventory.Firewall] { return &i.Firewall }).inChild(),
		stock(inventory.NameAntivirus, 10*time.Second, readAntivirus, func(i *inv) *inventory.Section[inventory.Antivirus] { return &i.Antivirus }).inChild(),
		stock(inventory.NameAccounts, 5*time.Second, readAccounts, func(i *inv) *inventory.Section[inventory.Accounts] { return &i.Accounts }),
		stock(inventory.NameBoot, 5*time.Second, readBoot, func(i *inv) *inventory.Section[inventory.Boot] { return &i.Boot }).inChild(),
		stock(inventory.NameCrashes, 3*time.Second, readCrashes, func(i *inv) *inventory.Section[inventory.Crashes] { return &i.Crashes }).inChild(),
	}
}

// Collectors describes all readings of the inventory.
func Collectors() []Collector {
	var all []Collector
	for _, c := range collectors() {
		all = append(all, c.Collector)
	}
	return all
}

// taskInventory reads one section of the inventory.
const taskInventory = "inventory"

type stockParams struct {
	Name inventory.Name `json:"name"`
	Root root           `json:"root,omitempty"`
	Work []string       `json:"work,omitempty"` // see Options.WorkNetworks
}

func (p *Prober) paramsOf(at root, name inventory.Name) stockParams {
	params := stockParams{Name: name, Root: at}
	if name == inventory.NameWireless {
		params.Work = p.options.WorkNetworks
	}
	return params
}

type stockResult struct {
	Data        json.RawMessage `json:"data,omitempty"`
	Note        string          `json:"note,omitempty"`
	Unsupported string          `json:"unsupported,omitempty"`
}

func readStock(ctx context.Context, params json.RawMessage, emit func(any) error) error {
	var p stockParams
	if err := json.Unmarshal(params, &p); err != nil {
		return err
	}
	all := collectors()
	i := slices.IndexFunc(all, func(c collector) bool { return c.Name == p.Name })
	if i < 0 {
		return fmt.Errorf("there is no section %q", p.Name)
	}
	data, note, err := all[i].read(context.WithValue(ctx, workKey{}, p.Work), p.Root)
	if u, ok := errors.AsType[unsupported](err); ok {
		return emit(stockResult{Unsupported: string(u)})
	}
	if err != nil {
		return err
	}
	r := stockResult{Note: note}
	if data != nil {
		if r.Data, err = json.Marshal(data); err != nil {
			return err
		}
		if len(r.Data) > maxLine-4096 {
			return fmt.Errorf("there is more of it than can be handed over")
		}
	}
	return emit(r)
}

// shelfOfStock remembers the last good reading of each section, and which sections
// did not answer. The zero value is ready.
type shelfOfStock struct {
	silent breaker
	mu     sync.Mutex
	last   map[inventory.Name]stocked
}

func (s *shelfOfStock) get(name inventory.Name) (stocked, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.last[name]
	return v, ok
}

func (s *shelfOfStock) put(name inventory.Name, v stocked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[inventory.Name]stocked{}
	}
	s.last[name] = v
}

// atOnce is how many sections are read at a time: this is done beside somebody's work.
const stockAtOnce = 3

// TakeStock reads the named sections of the inventory, or all, and returns when the
// last one is there or was given up. onSection, unless nil, is called with each as
// it comes; its calls do not overlap. Strings are as the machine has them: see
// package redact.
func (p *Prober) TakeStock(ctx context.Context, names []inventory.Name, onSection func(inventory.Inventory)) inventory.Inventory {
	return p.takeStock(ctx, "", names, onSection)
}

func (p *Prober) takeStock(ctx context.Context, at root, names []inventory.Name, onSection func(inventory.Inventory)) inventory.Inventory {
	fresh := func() inventory.Inventory {
		return inventory.Inventory{Version: inventory.Version, TakenAt: time.Now().Round(0).UTC(), OS: runtime.GOOS}
	}
	whole := fresh()
	atOnce := stockAtOnce
	if isUnhurried(ctx) {
		atOnce = 1
	}
	places := make(chan struct{}, atOnce)
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, c := range collectors() {
		if len(names) > 0 && !slices.Contains(names, c.Name) {
			continue
		}
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			s := p.stockOne(ctx, at, c)
			mu.Lock()
			defer mu.Unlock()
			c.place(&whole, s)
			if onSection != nil {
				part := fresh()
				c.place(&part, s)
				onSection(part)
			}
		})
	}
	running.Wait()
	return whole
}

// stockOne reads one section, or says why not and what was read last.
func (p *Prober) stockOne(ctx context.Context, at root, c collector) stocked {
	now := time.Now()
	last, known := p.stock.get(c.Name)
	if known && c.Every > 0 && now.Sub(last.at) < c.Every && now.After(last.at) {
		return last
	}
	if slices.Contains(p.stock.silent.resting(now), string(c.Name)) {
		s := stocked{state: diagnostics.StateTimeout, note: "It did not answer lately, and is asked again in a while."}
		s.at, s.data = last.at, last.data
		return s
	}
	deadline, cancel := context.WithTimeout(ctx, c.Deadline)
	defer cancel()
	var r stockResult
	take := func(got stockResult) { r = got }
	params := p.paramsOf(at, c.Name)
	var err error
	if c.Child {
		err = ask(deadline, p, taskInventory, params, take)
	} else {
		var line []byte
		if line, err = json.Marshal(params); err == nil {
			err = askHere(deadline, taskInventory, line, take)
		}
	}
	if r.Unsupported != "" {
		err = unsupported(r.Unsupported)
	}
	var data *json.RawMessage
	if len(r.Data) > 0 {
		data = &r.Data
	}
	section := sectionOf(deadline, c.Deadline, data, r.Note, err)
	s := stocked{state: section.State, took: time.Since(now), note: section.Note}
	switch s.state {
	case diagnostics.StateOK, diagnostics.StatePartial:
		s.at, s.data = now.Round(0).UTC(), r.Data
		p.stock.silent.answered(string(c.Name))
		p.stock.put(c.Name, s)
	case diagnostics.StateTimeout:
		if ctx.Err() == nil {
			p.stock.silent.silent(string(c.Name), now)
		}
		s.at, s.data = last.at, last.data
	case diagnostics.StateFailed:
		s.at, s.data = last.at, last.data
	}
	return s
}
