package ring

import (
	"context"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/widgets"
)

// picture takes a picture of the screen, lets the employee change it, and attaches
// what they have made of it.
func (r *Ring) picture() {
	if !r.state.View().CanEdit || r.state.Picturing {
		return
	}
	r.state.Picturing = true
	r.render()
	r.host.Picture(func(png []byte, err error) {
		if err != nil || png == nil {
			r.pictured(err)
			return
		}
		r.host.Go(func(program context.Context) {
			file, err := r.drafts.Keep(png)
			if program.Err() != nil {
				return
			}
			r.host.Main(func() {
				if err == nil {
					r.edited(func(d *model.Draft) { d.Files = append(d.Files, file) })
				}
				r.pictured(err)
			})
		})
	})
}

// pictured goes on once the picture is attached, or is not.
func (r *Ring) pictured(err error) {
	r.state.Picturing = false
	if err != nil {
		r.failed(err)
	}
	r.render()
	widgets.Relayout(r.root)
}
