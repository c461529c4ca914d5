package snmp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/device"
)

// What is read of a device, of SNMPv2-MIB, SNMP-FRAMEWORK-MIB and IF-MIB.
const (
	sysDescr   = ".1.3.6.1.2.1.1.1.0"
	sysUpTime  = ".1.3.6.1.2.1.1.3.0"
	sysName    = ".1.3.6.1.2.1.1.5.0"
	sysPlace   = ".1.3.6.1.2.1.1.6.0"
	engineTime = ".1.3.6.1.6.3.10.2.1.3.0"

	ifEntry  = ".1.3.6.1.2.1.2.2.1."
	ifXEntry = ".1.3.6.1.2.1.31.1.1.1."
)

// system reads what a device says of itself.
func system(g *gosnmp.GoSNMP, r *device.Reading) error {
	p, err := g.Get([]string{sysDescr, sysUpTime, sysName, sysPlace, engineTime})
	switch {
	case err != nil:
		return err
	case p.Error == gosnmp.AuthorizationError || p.Error == gosnmp.NoAccess:
		return errLevel
	case p.Error != gosnmp.NoError:
		return fmt.Errorf("it answers with the error %d", p.Error)
	}
	var ticks, engine time.Duration
	for _, v := range p.Variables {
		switch v.Name {
		case sysDescr:
			r.System.Descr = text(v, 300)
		case sysName:
			r.System.Name = text(v, 100)
		case sysPlace:
			r.System.Location = text(v, 200)
		case sysUpTime:
			if n, ok := number(v); ok && n < 1<<32 {
				ticks, r.Timed, r.Ticks = time.Duration(n)*10*time.Millisecond, true, true
			}
		case engineTime:
			if n, ok := number(v); ok && n < 1<<31 {
				engine = time.Duration(n) * time.Second
			}
		}
	}
	r.Uptime = ticks
	// The clock of the engine goes on where the other begins anew after 497 days, and is
	// taken where both tell the same.
	const turn = (1 << 32) * 10 * time.Millisecond
	if off := engine%turn - ticks; r.Timed && engine >= turn && off.Abs() < time.Minute {
		r.Uptime, r.Ticks = engine, false
	}
	return nil
}

// errEndless is that a device tells its table in no order, and may never come to an end.
var errEndless = errors.New("it tells them in no order")

const (
	repetitions = 20
	strays      = 2 * device.MaxInterfaces // rows of a column that none of the others has
)

// column reads one column of a table, row by row in the order of their numbers, up to the
// number last, for as long as it is told to. A device that has none is none's mistake.
func column(g *gosnmp.GoSNMP, root string, last int, tell func(index int, v gosnmp.SnmpPDU) bool) error {
	at, from := root, 0
	reps := uint32(repetitions)
	for rows := 0; ; {
		p, err := g.GetBulk([]string{at}, 0, reps)
		switch {
		case err != nil:
			return err
		case p.Error == gosnmp.TooBig && reps > 1:
			reps /= 4
			continue
		case p.Error != gosnmp.NoError || len(p.Variables) == 0:
			return nil
		}
		for _, v := range p.Variables {
			row, ok := strings.CutPrefix(v.Name, root+".")
			if !ok || v.Type == gosnmp.EndOfMibView || v.Type == gosnmp.NoSuchObject || v.Type == gosnmp.NoSuchInstance {
				return nil
			}
			index, err := strconv.Atoi(row)
			if err != nil || index <= from {
				return errEndless
			}
			if rows++; index > last || rows > strays || !tell(index, v) {
				return nil
			}
			from, at = index, v.Name
		}
	}
}

// interfaces reads those of a device, up to as many as are looked at.
func interfaces(g *gosnmp.GoSNMP, r *device.Reading) error {
	const farthest = 1<<31 - 1 // as far as their numbers go
	at := map[int]int{}
	err := column(g, ifEntry+"8", farthest, func(index int, v gosnmp.SnmpPDU) bool {
		if r.More = len(r.Interfaces) == device.MaxInterfaces; r.More {
			return false
		}
		at[index] = len(r.Interfaces)
		r.Interfaces = append(r.Interfaces, device.Interface{Index: index, Oper: oper(v)})
		return true
	})
	if r.Whole = err == nil && !r.More; err != nil || len(r.Interfaces) == 0 {
		return err
	}
	last := r.Interfaces[len(r.Interfaces)-1].Index
	for _, c := range columns {
		err := column(g, c.root, last, func(index int, v gosnmp.SnmpPDU) bool {
			if n, ok := at[index]; ok {
				c.read(&r.Interfaces[n], v)
			}
			return true
		})
		if err != nil {
			r.Whole = false
			return err
		}
	}
	name(r.Interfaces)
	return nil
}

// columns are what is read of each interface; of what is told twice the better comes last.
var columns = []struct {
	root string
	read func(i *device.Interface, v gosnmp.SnmpPDU)
}{
	{ifEntry + "7", func(i *device.Interface, v gosnmp.SnmpPDU) { i.Admin = oper(v) }},
	{ifEntry + "2", func(i *device.Interface, v gosnmp.SnmpPDU) { i.Name = text(v, 64) }},
	{ifXEntry + "1", func(i *device.Interface, v gosnmp.SnmpPDU) {
		if s := text(v, 64); s != "" {
			i.Name = s
		}
	}},
	{ifXEntry + "18", func(i *device.Interface, v gosnmp.SnmpPDU) { i.Alias = text(v, 120) }},
	{ifEntry + "5", func(i *device.Interface, v gosnmp.SnmpPDU) { i.Speed, _ = number(v) }},
	{ifXEntry + "15", func(i *device.Interface, v gosnmp.SnmpPDU) {
		// In millions; what is slower than one is told better by the other.
		if n, ok := number(v); ok && n > 0 && n < 1<<32 {
			i.Speed = n * 1_000_000
		}
	}},
	{ifEntry + "10", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.In, v) }},
	{ifEntry + "16", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.Out, v) }},
	{ifXEntry + "6", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.In, v) }},
	{ifXEntry + "10", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.Out, v) }},
	{ifEntry + "13", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.InDiscards, v) }},
	{ifEntry + "14", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.InErrors, v) }},
	{ifEntry + "19", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.OutDiscards, v) }},
	{ifEntry + "20", func(i *device.Interface, v gosnmp.SnmpPDU) { count(&i.OutErrors, v) }},
	{ifXEntry + "19", func(i *device.Interface, v gosnmp.SnmpPDU) { i.Discontinuity, _ = number(v) }},
}

// name gives each interface a name that no other of the device has.
func name(all []device.Interface) {
	seen := map[string]int{}
	for _, i := range all {
		seen[i.Name]++
	}
	used := map[string]bool{}
	for n := range all {
		i := &all[n]
		number := "#" + strconv.Itoa(i.Index)
		if i.Name == "" {
			i.Name = number
		} else if seen[i.Name] > 1 {
			i.Name += " " + number
		}
		for used[i.Name] { // somebody named it so on purpose
			i.Name += " " + number
		}
		used[i.Name] = true
	}
}

func oper(v gosnmp.SnmpPDU) device.Oper {
	n, _ := number(v)
	return device.Oper(min(n, 100))
}

// count reads a counter.
func count(c *device.Counter, v gosnmp.SnmpPDU) {
	n, ok := number(v)
	switch {
	case !ok:
	case v.Type == gosnmp.Counter64:
		*c = device.Counter{Value: n, Wide: true, OK: true}
	case v.Type == gosnmp.Counter32 && n < 1<<32:
		*c = device.Counter{Value: n, OK: true}
	}
}

// number is a value that is not below zero.
func number(v gosnmp.SnmpPDU) (uint64, bool) {
	switch v.Type {
	case gosnmp.Integer, gosnmp.Counter32, gosnmp.Gauge32, gosnmp.TimeTicks, gosnmp.Uinteger32, gosnmp.Counter64:
		n := gosnmp.ToBigInt(v.Value)
		return n.Uint64(), n.IsUint64()
	}
	return 0, false
}

// text is one plain line of what a device says.
func text(v gosnmp.SnmpPDU, most int) string {
	b, ok := v.Value.([]byte)
	if !ok || v.Type != gosnmp.OctetString {
		return ""
	}
	return check.OneLine(strings.ToValidUTF8(string(b[:min(len(b), 4*most)]), ""), most)
}
