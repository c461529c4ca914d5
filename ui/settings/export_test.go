package settings

import (
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/widgets"
)

func (s *Settings) Language(l tongue.Language) *widgets.Tick { return s.languages[l] }
func (s *Settings) Shade(shade prefs.Shade) *widgets.Tick    { return s.shades[shade] }
func (s *Settings) Size(percent int) *widgets.Tick           { return s.sizes[percent] }
func (s *Settings) Decisions() *widgets.Tick                 { return s.decisions }
func (s *Settings) Start() *widgets.Tick                     { return s.start }

// Quiet is the option of these hours.
func (s *Settings) Quiet(from int) *widgets.Tick {
	for _, one := range s.spans {
		if one.from == from*60 {
			return one.tick
		}
	}
	return nil
}
