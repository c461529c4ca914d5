package probe

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/deskbell/deskbell/diagnostics"
)

// parseEvents reads what wevtutil prints: one Event element after the other,
// without a root, in UTF-16. The last one may be cut off.
func parseEvents(b []byte) []diagnostics.LogEntry {
	d := xml.NewDecoder(strings.NewReader(fromUTF16(b)))
	d.Strict = false
	var all []diagnostics.LogEntry
	for {
		var e struct {
			System struct {
				Provider struct {
					Name string `xml:"Name,attr"`
				}
				EventID     string
				Level       int
				TimeCreated struct {
					SystemTime string `xml:"SystemTime,attr"`
				}
			}
			EventData struct {
				Data []string
			}
			RenderingInfo struct {
				Message string
			}
		}
		if d.Decode(&e) != nil {
			return all
		}
		text := e.RenderingInfo.Message
		if strings.TrimSpace(text) == "" { // its provider is gone and took the words along
			text = strings.Join(e.EventData.Data, " ")
		}
		one := diagnostics.LogEntry{
			Unit: plainLine(e.System.Provider.Name, 120), Level: eventLevel(e.System.Level),
			Message: plainLine("event "+plainLine(e.System.EventID, 10)+": "+text, maxMessage),
		}
		if at, err := time.Parse(time.RFC3339Nano, e.System.TimeCreated.SystemTime); err == nil {
			one.At = at
		}
		all = append(all, one)
	}
}

func eventLevel(n int) string {
	switch n {
	case 1, 2:
		return "error"
	case 3:
		return "warning"
	}
	return "info"
}

// fromUTF16 reads little-endian UTF-16, or leaves what is none as it is.
func fromUTF16(b []byte) string {
	b = bytes.TrimPrefix(b, []byte{0xff, 0xfe})
	if len(b) < 2 || b[1] != 0 {
		return string(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
