package traytest

import (
	"fmt"
	"image"
	"image/color"
	"time"

	"github.com/godbus/dbus/v5"
)

// Tray is one icon, driven as a panel drives it.
type Tray struct {
	host       *Host
	bus        string
	item, menu dbus.BusObject
}

// MenuItem is a line of an icon's menu.
type MenuItem struct {
	ID        int32
	Label     string
	Enabled   bool
	Separator bool
	Sub       []MenuItem
}

type node struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

// Prop reads a property of the icon, by the specification's name.
func (t *Tray) Prop(name string) (any, error) {
	v, err := t.item.GetProperty(itemName + "." + name)
	return v.Value(), err
}

// Tooltip is the icon's tooltip.
func (t *Tray) Tooltip() (string, error) {
	v, err := t.item.GetProperty(itemName + ".ToolTip")
	if err != nil {
		return "", err
	}
	var tip struct {
		Icon string
		Pics []struct {
			W, H int32
			Pix  []byte
		}
		Title string
		Text  string
	}
	err = dbus.Store([]any{v.Value()}, &tip)
	return tip.Title, err
}

// Icons decodes the icon's pictures, in the order in which it gives them.
func (t *Tray) Icons() ([]*image.NRGBA, error) {
	v, err := t.item.GetProperty(itemName + ".IconPixmap")
	if err != nil {
		return nil, err
	}
	var pictures []struct {
		W, H int32
		Pix  []byte
	}
	if err := v.Store(&pictures); err != nil {
		return nil, err
	}
	var out []*image.NRGBA
	for _, p := range pictures {
		m := image.NewNRGBA(image.Rect(0, 0, int(p.W), int(p.H)))
		if len(p.Pix) != len(m.Pix) {
			return nil, fmt.Errorf("a picture of %d×%d has %d bytes", p.W, p.H, len(p.Pix))
		}
		for i := 0; i < len(p.Pix); i += 4 { // ARGB, big-endian
			m.SetNRGBA(i/4%int(p.W), i/4/int(p.W), color.NRGBA{R: p.Pix[i+1], G: p.Pix[i+2], B: p.Pix[i+3], A: p.Pix[i]})
		}
		out = append(out, m)
	}
	return out, nil
}

// Icon returns the icon's picture of a width in pixels.
func (t *Tray) Icon(size int) (*image.NRGBA, error) {
	all, err := t.Icons()
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Rect.Dx() == size {
			return m, nil
		}
	}
	return nil, fmt.Errorf("the icon has no picture of %d pixels", size)
}

// Menu reads the menu as it is now.
func (t *Tray) Menu() ([]MenuItem, error) {
	var needs bool
	if err := t.menu.Call(menuName+".AboutToShow", 0, int32(0)).Store(&needs); err != nil {
		return nil, err
	}
	var revision uint32
	var root node
	if err := t.menu.Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		return nil, err
	}
	return menuOf(root.Children), nil
}

func menuOf(nodes []dbus.Variant) []MenuItem {
	var out []MenuItem
	for _, v := range nodes {
		var n node
		if err := dbus.Store([]any{v.Value()}, &n); err != nil {
			continue
		}
		m := MenuItem{ID: n.ID, Enabled: true, Sub: menuOf(n.Children)}
		if s, ok := n.Props["label"].Value().(string); ok {
			m.Label = s
		}
		if b, ok := n.Props["enabled"].Value().(bool); ok {
			m.Enabled = b
		}
		if s, ok := n.Props["type"].Value().(string); ok {
			m.Separator = s == "separator"
		}
		out = append(out, m)
	}
	return out
}

// Click chooses the line with this label. A line that is not enabled is refused,
// as a panel would.
func (t *Tray) Click(label string) error {
	items, err := t.Menu()
	if err != nil {
		return err
	}
	for _, m := range items {
		if m.Label != label {
			continue
		}
		if !m.Enabled {
			return fmt.Errorf("the line %q is not enabled", label)
		}
		return t.menu.Call(menuName+".Event", 0, m.ID, "clicked", dbus.MakeVariant(int32(0)), uint32(time.Now().Unix())).Err
	}
	return fmt.Errorf("the menu has no line %q: %+v", label, items)
}

// Activate is what a panel sends on a left click.
func (t *Tray) Activate() error {
	return t.item.Call(itemName+".Activate", 0, int32(10), int32(10)).Err
}
