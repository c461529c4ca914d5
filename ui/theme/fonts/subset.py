# Makes the two fonts beside this file from Debian's package fonts-inter:
#   python3 subset.py /usr/share/fonts/opentype/inter/Inter-Regular.otf Inter-Regular.otf
# It keeps Latin, Greek, Cyrillic and signs, and makes tabular numerals the
# digits, since Fyne cannot switch font features on. Needs python3-fonttools.
import sys
from fontTools.ttLib import TTFont
from fontTools import subset
src, dst = sys.argv[1:]
f = TTFont(src)
# tabular numerals: where the feature tnum replaces a digit, the digit is that glyph
gsub = f['GSUB'].table
sub = {}
for rec in gsub.FeatureList.FeatureRecord:
    if rec.FeatureTag == 'tnum':
        for li in rec.Feature.LookupListIndex:
            for st in gsub.LookupList.Lookup[li].SubTable:
                st = getattr(st, 'ExtSubTable', st)
                if hasattr(st, 'mapping'): sub.update(st.mapping)
for t in f['cmap'].tables:
    for cp in range(0x30, 0x3a):
        g = t.cmap.get(cp)
        if g in sub: t.cmap[cp] = sub[g]
o = subset.Options(); o.layout_features = ['kern','mark','mkmk','ccmp','locl','liga']; o.name_IDs=['*']; o.hinting=False; o.notdef_outline=True
s = subset.Subsetter(o)
u = list(range(0x20,0x250))+list(range(0x2b0,0x530))+list(range(0x1e00,0x2000))+list(range(0x2000,0x2070))+list(range(0x20a0,0x20c0))+list(range(0x2100,0x2150))+list(range(0x2190,0x2200))+list(range(0x2200,0x2300))+list(range(0x25a0,0x2600))+[0x2713,0x2717,0x23f8,0x200b]
s.populate(unicodes=u); s.subset(f)
if 'DSIG' in f: del f['DSIG']
f.save(dst)
