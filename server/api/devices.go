package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/synthetic"
)

// Devices are those of the network.
type Devices interface {
	List(actor auth.Actor) ([]device.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (device.Standing, []device.Line, error)
	Save(ctx context.Context, actor auth.Actor, d device.Device) (device.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, d device.Device) (device.Reading, error)
	RunNow(ctx context.Context, actor auth.Actor, id string) (device.Reading, error)
}

// DeviceSettings are what is told of a device's settings.
type DeviceSettings struct {
	Name      string          `json:"name" maxLength:"200" example:"Core switch"`
	Note      string          `json:"note,omitempty" maxLength:"2000" doc:"What to do when it is silent."`
	Site      string          `json:"site,omitempty" maxLength:"100" doc:"The name of a site."`
	Host      string          `json:"host" maxLength:"253" doc:"A name or an address." example:"127.0.0.1"`
	Port      int             `json:"port,omitempty" default:"161" minimum:"1" maximum:"65535" example:"1"`
	Version   device.Version  `json:"snmp,omitempty" enum:"2c,3" default:"2c"`
	User      string          `json:"user,omitempty" maxLength:"32" doc:"Of version 3."`
	Auth      device.Auth     `json:"auth,omitempty" enum:",MD5,SHA,SHA224,SHA256,SHA384,SHA512" doc:"How version 3 makes sure who speaks. Left out: not at all."`
	Priv      device.Priv     `json:"priv,omitempty" enum:",DES,AES,AES192,AES256,AES192C,AES256C" doc:"How version 3 encrypts. Left out: not at all."`
	Context   string          `json:"context,omitempty" maxLength:"32" doc:"Of version 3; most devices have none."`
	Every     int             `json:"every_seconds,omitempty" default:"60" minimum:"30" maximum:"180"`
	Failures  int             `json:"failures,omitempty" default:"3" minimum:"1" maximum:"10" doc:"In a row, until it is silent."`
	Successes int             `json:"successes,omitempty" default:"2" minimum:"1" maximum:"10" doc:"In a row, until it is there again."`
	Expected  device.Expected `json:"expected_up,omitempty" enum:"up,described,none" default:"up" doc:"Which interfaces are expected to stay up: those that were up, of these those that are described at the device, or none."`
	Guard     bool            `json:"guard,omitempty" doc:"It shows whether the server's own line works: while it is silent and nothing else answers, no device is called silent."`
	Paused    bool            `json:"paused,omitempty"`
}

// DeviceBody is what can be written of a device.
type DeviceBody struct {
	DeviceSettings
	Community    string `json:"community,omitempty" maxLength:"255" writeOnly:"true" doc:"Of version 2c. Secrets are never told again. Left out of a change they stay, as long as host, port, version and user do." example:"public"`
	AuthPassword string `json:"auth_password,omitempty" maxLength:"255" writeOnly:"true" doc:"Of version 3."`
	PrivPassword string `json:"priv_password,omitempty" maxLength:"255" writeOnly:"true" doc:"Of version 3."`
}

func (b *DeviceBody) device() device.Device {
	return device.Device{
		Name: b.Name, Note: b.Note, Site: b.Site, Host: b.Host, Port: b.Port,
		Access: device.Access{Version: b.Version, Community: b.Community, User: b.User, Auth: b.Auth, AuthPassword: b.AuthPassword, Priv: b.Priv, PrivPassword: b.PrivPassword, Context: b.Context},
		Every:  time.Duration(b.Every) * time.Second, Failures: b.Failures, Successes: b.Successes, Expected: b.Expected, Guard: b.Guard, Paused: b.Paused,
	}
}

// DeviceInterface is one of a device, and how it does. What a second is left out where nobody can tell.
type DeviceInterface struct {
	Index    int          `json:"index"`
	Name     string       `json:"name"`
	Alias    string       `json:"alias,omitempty" doc:"What somebody has written of it at the device."`
	State    device.State `json:"state,omitempty" enum:"up,off,unused,down" doc:"off: switched off at the device. unused: down, and not expected otherwise. Left out of a trial."`
	Since    time.Time    `json:"since,omitzero" doc:"Left out: since before anybody looked."`
	Speed    uint64       `json:"speed_bits_per_second,omitempty"`
	In       *float64     `json:"in_bits_per_second,omitempty"`
	Out      *float64     `json:"out_bits_per_second,omitempty"`
	Errors   *float64     `json:"errors_per_second,omitempty"`
	Discards *float64     `json:"discards_per_second,omitempty"`
}

// Device is one of the network, and how it does.
type Device struct {
	ID          string          `json:"id"`
	Revision    int             `json:"version" doc:"A change names the version that it has seen."`
	State       synthetic.State `json:"state" enum:"new,up,down,unknown,paused"`
	Since       time.Time       `json:"since,omitzero"`
	LastAt      time.Time       `json:"last_at,omitzero" doc:"It was looked at."`
	Says        string          `json:"says,omitempty" doc:"What came of that."`
	SysName     string          `json:"sys_name,omitempty"`
	SysDescr    string          `json:"sys_descr,omitempty"`
	Location    string          `json:"sys_location,omitempty"`
	Uptime      float64         `json:"uptime_seconds,omitempty"`
	RestartedAt time.Time       `json:"restarted_at,omitzero" doc:"It was seen to begin anew."`
	Down        int             `json:"interfaces_down" doc:"That were up."`
	DeviceSettings
}

// DeviceLine is one line of what became of a device.
type DeviceLine struct {
	At        time.Time     `json:"at"`
	Interface string        `json:"interface,omitempty" doc:"Left out: the device itself."`
	Did       synthetic.Did `json:"did" enum:"down,up,off,failed,ok,unable,restarted"`
	Says      string        `json:"says"`
}

// DeviceReading is what one look came to.
type DeviceReading struct {
	Outcome    check.Outcome     `json:"outcome" enum:"ok,failed,unable"`
	Says       string            `json:"says"`
	Took       float64           `json:"took_seconds"`
	SysName    string            `json:"sys_name,omitempty"`
	SysDescr   string            `json:"sys_descr,omitempty"`
	Location   string            `json:"sys_location,omitempty"`
	Uptime     float64           `json:"uptime_seconds,omitempty"`
	Interfaces []DeviceInterface `json:"interfaces" nullable:"false"`
	More       bool              `json:"more_interfaces,omitempty" doc:"There are more than are looked at."`
	Trouble    string            `json:"trouble,omitempty" doc:"Why interfaces could not be read."`
}

func deviceOf(s *device.Standing) Device {
	a := s.Access
	return Device{
		ID: s.ID, Revision: s.Version, State: s.State, Since: utc(s.Since), LastAt: utc(s.Life.LastAt), Says: s.Life.Last.Says, SysName: s.System.Name, SysDescr: s.System.Descr, Location: s.System.Location,
		Uptime: s.Uptime.Seconds(), RestartedAt: utc(s.Restarted), Down: s.Down(), DeviceSettings: DeviceSettings{
			Name: s.Name, Note: s.Note, Site: s.Site, Host: s.Host, Port: s.Port, Version: a.Version, User: a.User, Auth: a.Auth, Priv: a.Priv, Context: a.Context,
			Every: int(s.Every / time.Second), Failures: s.Failures, Successes: s.Successes, Expected: s.Expected, Guard: s.Guard, Paused: s.Paused,
		},
	}
}

func deviceInterfaces(list []device.PortView) []DeviceInterface {
	rate := func(r device.Rate) *float64 {
		if !r.OK {
			return nil
		}
		return &r.PerSecond
	}
	out := []DeviceInterface{}
	for _, p := range list {
		out = append(out, DeviceInterface{
			Index: p.Index, Name: p.Name, Alias: p.Alias, State: p.State, Since: utc(p.Since), Speed: p.Speed, In: rate(p.Rates.In), Out: rate(p.Rates.Out), Errors: rate(p.Rates.Errors), Discards: rate(p.Rates.Discards),
		})
	}
	return out
}

func deviceReading(r device.Reading) DeviceReading {
	var list []device.PortView
	for _, i := range r.Interfaces {
		list = append(list, device.PortView{Interface: i})
	}
	return DeviceReading{
		Outcome: r.Result.Outcome, Says: r.Result.Says, Took: r.Result.Took.Seconds(), SysName: r.System.Name, SysDescr: r.System.Descr, Location: r.System.Location,
		Uptime: r.Uptime.Seconds(), Interfaces: deviceInterfaces(list), More: r.More, Trouble: r.Trouble,
	}
}

const deviceTag = "Network devices"

func (a *API) devices() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/devices", Tags: []string{deviceTag}, Summary: "List network devices", Description: "What is silent comes first. Their interfaces are told of each alone.",
	}, a.listDevices)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/devices", Tags: []string{deviceTag}, Summary: "Add a network device", DefaultStatus: http.StatusCreated,
	}, a.addDevice)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/devices/try", Tags: []string{deviceTag}, Summary: "Look at a network device once, and keep nothing of it",
	}, a.tryDevice)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/devices/{id}", Tags: []string{deviceTag}, Summary: "Read a network device, its interfaces, and what became of it",
	}, a.readDevice)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPut, Path: "/devices/{id}", Tags: []string{deviceTag}, Summary: "Change a network device",
	}, a.changeDevice)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodPost, Path: "/devices/{id}/run", Tags: []string{deviceTag}, Summary: "Look at a network device once now", Description: "What comes of it does not count.",
	}, a.runDevice)
	add(a, auth.ChecksManage, huma.Operation{
		Method: http.MethodDelete, Path: "/devices/{id}", Tags: []string{deviceTag}, Summary: "Remove a network device", Description: "Its alerts are withdrawn.", DefaultStatus: http.StatusNoContent,
	}, a.removeDevice)
}

type devicesOut struct {
	Body struct {
		Items []Device `json:"items" nullable:"false"`
	}
}

func (a *API) listDevices(_ context.Context, actor auth.Actor, _ *struct{}) (*devicesOut, error) {
	list, err := a.Devices.List(actor)
	if err != nil {
		return nil, err
	}
	out := &devicesOut{}
	out.Body.Items = []Device{}
	for i := range list {
		out.Body.Items = append(out.Body.Items, deviceOf(&list[i]))
	}
	return out, nil
}

type addDeviceIn struct{ Body DeviceBody }

type deviceOut struct{ Body Device }

func (a *API) addDevice(ctx context.Context, actor auth.Actor, in *addDeviceIn) (*deviceOut, error) {
	return a.saveDevice(ctx, actor, in.Body.device())
}

func (a *API) saveDevice(ctx context.Context, actor auth.Actor, d device.Device) (*deviceOut, error) {
	saved, err := a.Devices.Save(ctx, actor, d)
	if err != nil {
		return nil, err
	}
	return &deviceOut{Body: deviceOf(&saved)}, nil
}

type deviceReadingOut struct{ Body DeviceReading }

func (a *API) tryDevice(ctx context.Context, actor auth.Actor, in *addDeviceIn) (*deviceReadingOut, error) {
	r, err := a.Devices.Try(ctx, actor, in.Body.device())
	if err != nil {
		return nil, err
	}
	return &deviceReadingOut{Body: deviceReading(r)}, nil
}

type deviceIn struct {
	ID string `path:"id" maxLength:"64" doc:"The device's id."`
}

type readDeviceOut struct {
	Body struct {
		Device
		Interfaces   []DeviceInterface `json:"interfaces" nullable:"false" doc:"As they were read last, by their numbers; 512 at most."`
		InterfacesAt time.Time         `json:"interfaces_at,omitzero" doc:"They were read."`
		More         bool              `json:"more_interfaces,omitempty" doc:"There are more than are looked at."`
		Trouble      string            `json:"trouble,omitempty" doc:"Why interfaces could not be read the last time."`
		Log          []DeviceLine      `json:"log" nullable:"false" doc:"The newest first, a hundred at most."`
	}
}

func (a *API) readDevice(ctx context.Context, actor auth.Actor, in *deviceIn) (*readDeviceOut, error) {
	s, lines, err := a.Devices.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := &readDeviceOut{}
	out.Body.Device, out.Body.Log = deviceOf(&s), []DeviceLine{}
	out.Body.Interfaces, out.Body.InterfacesAt, out.Body.More, out.Body.Trouble = deviceInterfaces(s.Ports), utc(s.PortsAt), s.More, s.Trouble
	for _, l := range lines {
		out.Body.Log = append(out.Body.Log, DeviceLine{At: utc(l.At), Interface: l.Port, Did: l.Did, Says: l.Says})
	}
	return out, nil
}

type changeDeviceIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The device's id."`
	Body struct {
		DeviceBody
		Revision int `json:"version" minimum:"1"`
	}
}

func (a *API) changeDevice(ctx context.Context, actor auth.Actor, in *changeDeviceIn) (*deviceOut, error) {
	d := in.Body.device()
	d.ID, d.Version = in.ID, in.Body.Revision
	return a.saveDevice(ctx, actor, d)
}

func (a *API) runDevice(ctx context.Context, actor auth.Actor, in *deviceIn) (*deviceReadingOut, error) {
	r, err := a.Devices.RunNow(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &deviceReadingOut{Body: deviceReading(r)}, nil
}

func (a *API) removeDevice(ctx context.Context, actor auth.Actor, in *deviceIn) (*struct{}, error) {
	return nil, a.Devices.Delete(ctx, actor, in.ID)
}
