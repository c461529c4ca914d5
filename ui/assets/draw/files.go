package draw

import (
	"fmt"
	"image"
)

// Name is the bell's name among the files; it is that of model.Bell.
func (s State) Name() string {
	name := "bell"
	if s.Filled {
		name += "-filled"
	}
	if s.Slash {
		name += "-slash"
	}
	if s.Dot {
		name += "-dot"
	}
	return name
}

// Files returns every picture by its path in the repository.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{"packaging/icons/hicolor/scalable/apps/com.deskbell.Deskbell.svg": []byte(ProgramSVG())}
	add := func(name string, m image.Image) error {
		b, err := PNG(m)
		files[name] = b
		return err
	}
	for i := range 8 {
		s := State{Filled: i&1 != 0, Slash: i&2 != 0, Dot: i&4 != 0}
		for _, size := range []int{16, 22, 24, 32, 44, 48, 64} {
			if err := add(fmt.Sprintf("ui/assets/bell/%s-%d.png", s.Name(), size), Bell(s, size)); err != nil {
				return nil, err
			}
		}
		files["ui/assets/bell/"+s.Name()+".ico"] = ICO(Bell(s, 16), Bell(s, 20), Bell(s, 24), Bell(s, 32), Bell(s, 48))
	}
	var program []*image.NRGBA
	for _, size := range []int{16, 22, 24, 32, 48, 64, 128, 256} {
		m := Program(size)
		if err := add(fmt.Sprintf("packaging/icons/hicolor/%dx%d/apps/com.deskbell.Deskbell.png", size, size), m); err != nil {
			return nil, err
		}
		if size < 256 {
			program = append(program, m)
		}
	}
	if err := add("ui/assets/program.png", Program(128)); err != nil {
		return nil, err
	}
	files["packaging/icons/deskbell.ico"] = ICO(program...)
	return files, nil
}
