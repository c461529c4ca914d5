package device

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/synthetic"
)

// Memory is what is remembered of a device over a restart.
type Memory struct {
	Life      synthetic.Life  `json:"life"` // whether it can be reached
	System    System          `json:"system,omitzero"`
	Uptime    time.Duration   `json:"uptime,omitempty"`
	Ticks     bool            `json:"ticks,omitempty"`
	UptimeAt  time.Time       `json:"uptime_at,omitzero"`
	Restarted time.Time       `json:"restarted,omitzero"` // when it was seen that it began anew
	Ports     map[string]Port `json:"ports,omitempty"`
}

// Row is a device as it is stored.
type Row struct {
	Device Device
	Memory Memory
	Lines  int64 // that its log has had
}

// Line is one line of what became of a device or of an interface.
type Line struct {
	N    int64 // counts the lines of its device
	At   time.Time
	Port string // empty: the device itself
	Did  synthetic.Did
	Says string
}

// What a device does beside what any service does.
const (
	Restarted synthetic.Did = "restarted"
	WentOff   synthetic.Did = "off" // somebody has switched an interface off
)

// Store keeps devices.
type Store interface {
	Devices(ctx context.Context) ([]Row, error)
	// Log lists what became of a device, the newest first.
	Log(ctx context.Context, id string, limit int) ([]Line, error)
	Update(ctx context.Context, write func(Tx) error) error
}

// Tx is a write, all or nothing.
type Tx interface {
	SaveDevice(d Device) error // and leaves what is remembered
	SaveMemory(id string, m Memory) error
	AddLine(id string, l Line) error
	DropLines(id string, upTo int64) error
	DeleteDevice(id string) error // with its log
	Audit(e audit.Entry) error
}
