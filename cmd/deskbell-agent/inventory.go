package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
)

type inventoryCmd struct {
	Sections []string `arg:"" optional:"" help:"Only these sections, such as software or sockets."`
	JSON     bool     `help:"Print JSON, with secrets taken out." name:"json"`
}

// Help is an example.
func (inventoryCmd) Help() string {
	return "Example: deskbell-agent inventory software updates\n\nIt needs neither a server nor the service, and takes some seconds. The administrator sees more: serial numbers, the rules of the firewall, whose a listening socket is. The sections are " + strings.Join(sectionNames(), ", ") + "."
}

func sectionNames() []string {
	var all []string
	for _, n := range inventory.Names() {
		all = append(all, string(n))
	}
	return all
}

// Run reads the inventory.
func (c *inventoryCmd) Run(ctx context.Context, s settings.Streams) error {
	var names []inventory.Name
	for _, name := range c.Sections {
		if !slices.Contains(sectionNames(), name) {
			return fault.Field("sections", "There is no section “"+clip(plain(name), 40)+"”. There are "+strings.Join(sectionNames(), ", ")+".")
		}
		names = append(names, inventory.Name(name))
	}
	raw := probe.New(probe.Options{Child: childOf()}).TakeStock(ctx, names, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	i, _ := redact.Value(raw)
	if c.JSON {
		return s.Print(i)
	}
	return tellInventory(s.Out, i)
}

// tellInventory prints a table a section; what was not read says so by name.
func tellInventory(w io.Writer, i inventory.Inventory) error {
	for _, section := range i.Sections() {
		if section.State == diagnostics.StateMissing {
			continue
		}
		fmt.Fprintf(w, "%s\n", strings.ToUpper(string(section.Name)))
		if section.Note != "" {
			fmt.Fprintf(w, "  ? %s\n", plain(section.Note))
		}
		if section.Data == nil {
			fmt.Fprintln(w)
			continue
		}
		t := section.Data.Table()
		if len(t.Rows) == 0 {
			fmt.Fprint(w, "  none\n\n")
			continue
		}
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Columns}, t.Rows...) {
			for n, cell := range row {
				row[n] = clip(plain(cell), 60)
			}
			fmt.Fprintf(columns, "  %s\n", strings.TrimRight(strings.Join(row, "\t"), "\t"))
		}
		if err := columns.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return nil
}
