package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/gate"
)

// Devices are those of the network.
type Devices interface {
	List(actor auth.Actor) ([]device.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (device.Standing, []device.Line, error)
	Save(ctx context.Context, actor auth.Actor, d device.Device) (device.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, d device.Device) (device.Reading, error)
}

const (
	devicesPath   = "/noc/devices"
	newDevicePath = "/noc/new-device"
)

type devicesView struct {
	Frame frame
	List  []device.Standing
	May   bool
}

// devicesPage lists the network devices, what is silent first.
func (c *Console) devicesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := devicesView{May: auth.May(actor, auth.ChecksManage)}
	var err error
	if v.List, err = c.Devices.List(actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Network devices", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, devicesWhole(v))
}

type deviceView struct {
	Frame  frame
	Device device.Standing
	Typed  deviceTyped
	Lines  []device.Line
	Tried  *device.Reading // what came of trying it
	Form   kit.Form
	May    bool
}

// deviceTyped is a device as it stands in the form. Secrets are never in it.
type deviceTyped struct {
	Name, Note, Site, Host, Port, SNMP, User, Auth, Priv, Context string
	Every, Failures, Successes, Expected                          string
	Guard, Paused                                                 bool
	Version                                                       int
}

func typedDevice(d device.Device) deviceTyped {
	a := d.Access
	return deviceTyped{
		Name: d.Name, Note: d.Note, Site: d.Site, Host: d.Host, Port: strconv.Itoa(d.Port), SNMP: string(a.Version), User: a.User, Auth: string(a.Auth), Priv: string(a.Priv), Context: a.Context,
		Every: spanText(d.Every), Failures: strconv.Itoa(d.Failures), Successes: strconv.Itoa(d.Successes), Expected: string(d.Expected), Guard: d.Guard, Paused: d.Paused, Version: d.Version,
	}
}

// deviceForm is what somebody has written into the form, and the device that it says. What
// cannot be read is what the use case refuses.
func deviceForm(r *http.Request, id string) (deviceTyped, device.Device) {
	get := r.PostFormValue
	t := deviceTyped{
		Name: get("name"), Note: get("note"), Site: get("site"), Host: get("host"), Port: get("port"), SNMP: get("snmp"), User: get("user"), Auth: get("auth"), Priv: get("priv"), Context: get("context"),
		Every: get("every"), Failures: get("failures"), Successes: get("successes"), Expected: get("expected"), Guard: get("guard") != "", Paused: get("paused") != "", Version: small(r, "version"),
	}
	number := func(s string) int {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return -1
		}
		return n
	}
	return t, device.Device{
		ID: id, Version: t.Version, Name: t.Name, Note: strings.ReplaceAll(t.Note, "\r\n", "\n"), Site: t.Site, Host: t.Host, Port: number(cmp.Or(t.Port, "161")),
		Access: device.Access{
			Version: device.Version(t.SNMP), Community: get("community"), User: t.User, Auth: device.Auth(t.Auth), AuthPassword: get("auth_password"),
			Priv: device.Priv(t.Priv), PrivPassword: get("priv_password"), Context: t.Context,
		},
		Every: lengthOf(t.Every), Failures: number(t.Failures), Successes: number(t.Successes), Expected: device.Expected(t.Expected), Guard: t.Guard, Paused: t.Paused,
	}
}

func (c *Console) newDevicePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showDevice(w, r, actor, http.StatusOK, deviceView{Typed: typedDevice(device.Usual())})
}

func (c *Console) devicePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var v deviceView
	var err error
	if v.Device, v.Lines, err = c.Devices.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	v.Typed = typedDevice(v.Device.Device)
	return c.showDevice(w, r, actor, http.StatusOK, v)
}

func (c *Console) showDevice(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v deviceView) error {
	v.May = auth.May(actor, auth.ChecksManage)
	title := cmp.Or(v.Device.Name, "New network device")
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, deviceWhole(v))
}

// saveDevice saves, tries or removes, by the button that was pressed. What somebody has
// written comes back when it is refused or tried, but for secrets, which are typed again.
func (c *Console) saveDevice(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, do := r.PathValue("id"), r.PostFormValue("do")
	if do == "delete" && id != "" {
		if err := c.Devices.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, devicesPath, http.StatusSeeOther)
		return nil
	}
	var v deviceView
	if id != "" {
		var err error
		if v.Device, v.Lines, err = c.Devices.Get(r.Context(), actor, id); err != nil {
			return err
		}
	}
	typed, wanted := deviceForm(r, id)
	v.Typed = typed
	if do == "try" {
		reading, err := c.Devices.Try(r.Context(), actor, wanted)
		if err == nil {
			v.Tried = &reading
		}
		return c.deviceAgain(w, r, actor, v, err)
	}
	saved, err := c.Devices.Save(r.Context(), actor, wanted)
	if err == nil {
		http.Redirect(w, r, devicesPath+"/"+saved.ID, http.StatusSeeOther)
		return nil
	}
	return c.deviceAgain(w, r, actor, v, err)
}

// deviceAgain shows the form with what was written, and what was refused of it.
func (c *Console) deviceAgain(w http.ResponseWriter, r *http.Request, actor auth.Actor, v deviceView, err error) error {
	switch fault.CodeOf(err) {
	case "":
		return c.showDevice(w, r, actor, http.StatusOK, v)
	case fault.Invalid, fault.Stale, fault.Full, fault.TooMany:
		v.Form = kit.Form{}.Refused(err)
		return c.showDevice(w, r, actor, gate.Status(err), v)
	}
	return err
}

// portUrgency puts first what needs somebody, and leaves the device's own order.
func portUrgency(list []device.PortView) []device.PortView {
	order := []device.State{device.PortDown, device.PortUp, device.PortOff, device.PortUnused}
	return slices.SortedStableFunc(slices.Values(list), func(a, b device.PortView) int {
		return slices.Index(order, a.State) - slices.Index(order, b.State)
	})
}

// deviceOptions are choices of one's own words, with none before them.
func deviceOptions[T ~string](none string, list []T) []kit.Option {
	out := []kit.Option{{Value: "", Word: none}}
	for _, v := range list {
		out = append(out, kit.Option{Value: string(v), Word: string(v)})
	}
	return out
}

// upSince is when a device began, as it said.
func upSince(s *device.Standing) time.Time {
	if s.UptimeAt.IsZero() {
		return time.Time{}
	}
	return s.UptimeAt.Add(-s.Uptime)
}
