"""Made by `python docs/generate_stub.py` from the registry; do not edit."""

from typing import Literal

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset as Asset
from maquette.core.asset import Material as Material
from maquette.core.asset import Texture as Texture
from maquette.core.camera import Camera as Camera
from maquette.core.errors import BadInput as BadInput
from maquette.core.errors import BadSetting as BadSetting
from maquette.core.errors import CannotDo as CannotDo
from maquette.core.errors import MaquetteError as MaquetteError
from maquette.core.errors import Unavailable as Unavailable
from maquette.core.files import Files as Files
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh as Mesh
from maquette.core.painting import Canvas
from maquette.core.painting import PaintPlan
from maquette.core.picture import Picture as Picture
from maquette.core.print_settings import PrintSettings
from maquette.core.profiles import Plastic
from maquette.core.profiles import Printer as Printer
from maquette.core.profiles import Target as Target
from maquette.core.report import Finding as Finding
from maquette.core.report import Report as Report
from maquette.core.scene import Scene
from maquette.core.subject import Subject as Subject
from maquette.core.subject import Views as Views
from maquette.flow.door import check as check
from maquette.flow.door import load as load
from maquette.flow.door import make as make
from maquette.flow.door import save as save
from maquette.registry import StageFunction

__all__ = [
    "Asset",
    "BadInput",
    "BadSetting",
    "Camera",
    "CannotDo",
    "Files",
    "Finding",
    "MaquetteError",
    "Material",
    "Mesh",
    "Picture",
    "Printer",
    "Report",
    "Subject",
    "Target",
    "Texture",
    "Unavailable",
    "Views",
    "check",
    "load",
    "make",
    "save",
]

class _add_at(StageFunction[..., Scene]):
    def __call__(
        self,
        scene: Scene,
        asset: Asset,
        *,
        x_mm: float = 0.0,
        y_mm: float = 0.0,
        z_mm: float = 0.0,
        turn_deg: float = 0.0,
        scale: float = 1.0,
    ) -> Scene:
        """Stand one more model in a scene; one that stands there already is kept once and placed twice."""

add_at: _add_at

class _add_to_scene(StageFunction[..., Scene]):
    def __call__(
        self,
        scene: Scene,
        asset: Asset,
        *,
        where: Literal['beside', 'on', 'floor', 'wall'] = 'beside',
        of: int = 0,
        x_mm: float = 0.0,
        y_mm: float = 0.0,
        turn_deg: float = 0.0,
        gap_mm: float = 10.0,
    ) -> Scene:
        """Put one more model into a scene; its parts, unit and origin stay its own, it is turned and shifted only."""

add_to_scene: _add_to_scene

class _aim(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        azimuth_deg: float = 35.0,
        elevation_deg: float = 22.0,
        distance_mm: float = 300.0,
        lens_deg: float = 24.0,
        x_mm: float = 0.0,
        y_mm: float = 0.0,
        z_mm: float = 0.0,
    ) -> Asset:
        """Point a camera at a model: every look with the view ``photo`` is taken through it."""

aim: _aim

class _albedo_range(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Measure the share of the textured surface that is darker than coal or brighter than snow."""

albedo_range: _albedo_range

class _anaglyph(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        apart: float = 0.07,
        background: Literal['studio', 'white', 'dark', 'transparent'] = 'studio',
    ) -> Picture:
        """Draw a model for red and cyan glasses: the left eye's picture in red, the right eye's in green and blue."""

anaglyph: _anaglyph

class _arrange(StageFunction[..., Scene]):
    def __call__(
        self,
        asset: Asset,
        *,
        layout: Literal['single', 'row', 'grid', 'ring', 'scatter'] = 'single',
        count: int = 5,
        gap_mm: float = 10.0,
        beside: Literal['none', 'coin', 'can', 'card', 'hand'] = 'none',
        seed: int = 0,
    ) -> Scene:
        """Place a model in a scene: alone, in a row, a grid, a ring or scattered, and beside a thing of known size."""

arrange: _arrange

class _auto_size(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, thing: str = '') -> Asset:
        """Scale a model to the size that such a thing usually has, unless its size is known."""

auto_size: _auto_size

class _autofix(StageFunction[..., Subject]):
    def __call__(
        self,
        subject: Subject,
        *,
        exposure: float = 0.5,
        white_balance: float = 0.5,
        denoise: float = 0.5,
        deblock: Literal['auto', 'on', 'off'] = 'auto',
        upscale_px: int = 1024,
    ) -> Subject:
        """Repair a photo's exposure, colour cast, noise, JPEG blocks and size."""

autofix: _autofix

class _backlight(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        lamp: Literal['below', 'inside', 'center', 'dome'] = 'below',
        size_px: int = 512,
        transmission_mm: float = 3.5,
        black: Literal['dark', 'darkest'] = 'darkest',
    ) -> Picture:
        """Show what light falls through a model: the finished mesh itself is looked through, not the photo it came from."""

backlight: _backlight

class _backlit_likeness(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        photo: Subject,
        *,
        lamp: Literal['below', 'inside', 'center', 'dome'] = 'below',
        transmission_mm: float = 3.5,
        layer_mm: float = 0.12,
        margin_mm: float = 0.0,
        size_px: int = 640,
    ) -> tuple[Finding, ...]:
        """Look through the finished mesh and compare the light with the photo's greys: SSIM and mean CIEDE2000."""

backlit_likeness: _backlit_likeness

class _bake(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        source: Asset,
        *,
        texture_px: int = 1024,
        reach_share: float = 0.02,
        maps: Literal['all', 'color', 'normal'] = 'all',
    ) -> Asset:
        """Paint the color, roughness, metallic and fine normals of a source model onto a model with uv of its own."""

bake: _bake

class _baked_light(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Measure how much of the texture's brightness swings with the direction that the surface faces."""

baked_light: _baked_light

class _bas_relief(StageFunction[..., Heightmap]):
    def __call__(
        self,
        asset: Asset,
        *,
        side: Literal['front', 'back', 'left', 'right', 'top'] = 'front',
        width_mm: float = 80.0,
        relief_mm: float = 4.0,
        base_mm: float = 1.6,
        pressing: float = 4.0,
        fine: float = 0.5,
        pitch_mm: float = 0.15,
    ) -> Heightmap:
        """Press a model flat: what is seen of it from one side, as heights on a ground."""

bas_relief: _bas_relief

class _beauty(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        tone: Literal['soft', 'agx', 'filmic', 'srgb'] = 'soft',
        blur: float = 0.0,
        rays: int = 16,
        environment: str = '',
    ) -> Picture:
        """Photograph a model with real light: soft shadows, reflections, light that colors what is beside it."""

beauty: _beauty

class _blueprint(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        stem: str = 'blueprint',
        suffix: Literal['.svg', '.pdf', '.png'] = '.svg',
        paper: Literal['a4', 'a3'] = 'a4',
        hidden: Literal['dashed', 'none'] = 'dashed',
        ink: Literal['blue', 'white'] = 'blue',
        width_px: int = 1600,
    ) -> Files:
        """Draw a model as an engineer would: front, top and right view to one standard scale, with dimensions in mm."""

blueprint: _blueprint

class _box_lantern(StageFunction[..., Asset]):
    def __call__(
        self,
        front: Heightmap,
        right: Heightmap,
        back: Heightmap,
        left: Heightmap,
        *,
        lamp: Literal['none', 'e14', 'e27', 'tealight', 'puck'] = 'none',
        bound_mm: float = 0.03,
    ) -> Asset:
        """Make a box of four lithophanes, one on each side, open above, that stands on its foot over a lamp."""

box_lantern: _box_lantern

class _bridges(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ..., max_mm: float = 0.0) -> tuple[Finding, ...]:
        """Measure in mm how far layers run free, from one hold to the next, in the best direction at every place."""

bridges: _bridges

class _bust(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        keep_share: float = 1.0,
        chest: Literal['round', 'level'] = 'round',
        foot_share: float = 0.3,
    ) -> Asset:
        """Make a bust of a head or a figure: what lies below the chest is cut away, and it stands on a turned foot."""

bust: _bust

class _caption(StageFunction[..., Files]):
    def __call__(
        self,
        subject: Subject,
        *,
        provider: Literal['openai-style', 'fal'] = 'openai-style',
        model_version: str = '',
        ask: str = 'Describe the one main thing in this picture so that somebody could model it: what it is, its form, proportions, posture, materials and colors, and the style. No ground, no camera. At most 80 words, plain text.',
    ) -> Files:
        """Have a photo put into words by a provider, as JSON: the caption, who wrote it, and what was asked."""

caption: _caption

class _ceramic(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        color: str = 'f1eee6',
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 16,
    ) -> Picture:
        """Photograph a model as if it were glazed ceramic: one color under a smooth, shining coat."""

ceramic: _ceramic

class _cgi_ad(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        form: Literal['1:1', '4:5', '16:9', '9:16'] = '1:1',
        size_px: int = 1080,
        brand: str = 'e8a33d',
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        podium: Literal['round', 'none'] = 'round',
        rays: int = 16,
    ) -> Picture:
        """Photograph a product for an advertisement: on a podium before a wall and a disc of the brand's color."""

cgi_ad: _cgi_ad

class _cgi_ads(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        size_px: int = 1080,
        brand: str = 'e8a33d',
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        podium: Literal['round', 'none'] = 'round',
        rays: int = 16,
    ) -> Files:
        """Photograph a product for an advertisement in all four forms: 1:1, 4:5, 16:9 and 9:16, as PNG files."""

cgi_ads: _cgi_ads

class _clay(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        color: str = 'c8b8a6',
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 16,
    ) -> Picture:
        """Photograph a model as if it were made of matt clay: its form alone, without its colors."""

clay: _clay

class _clean_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        smooth: float = 0.3,
        nozzle_mm: float = 0.4,
        black: float = 0.0,
        white: float = 0.0,
        background: Literal['keep', 'drop'] = 'keep',
    ) -> Heightmap:
        """Calm grain without softening edges, cut levels at both ends, and lay an even background down."""

clean_heights: _clean_heights

class _clean_sketch(StageFunction[..., Subject]):
    def __call__(
        self,
        subject: Subject,
        *,
        join_share: float = 0.06,
        complete: Literal['auto', 'off', 'half'] = 'auto',
        lines: float = 0.6,
    ) -> Subject:
        """Take a drawing of lines for a thing: what its outline encloses is the subject."""

clean_sketch: _clean_sketch

class _closed_box_lantern(StageFunction[..., Asset]):
    def __call__(
        self,
        front: Heightmap,
        right: Heightmap,
        back: Heightmap,
        left: Heightmap,
        top: Heightmap,
        *,
        bound_mm: float = 0.03,
    ) -> Asset:
        """Make a box of five lithophanes, the fifth on top, that is put over a lamp."""

closed_box_lantern: _closed_box_lantern

class _coin(StageFunction[..., Asset]):
    def __call__(
        self,
        front: Heightmap,
        back: Heightmap,
        *,
        diameter_mm: float = 40.0,
        thickness_mm: float = 2.4,
        relief_mm: float = 1.0,
        rim_mm: float = 1.6,
        turn: Literal['medal', 'coin'] = 'medal',
        pose: Literal['upright', 'flat'] = 'upright',
        loop_mm: float = 0.0,
    ) -> Asset:
        """Make a coin of two heightmaps, one on each face, with rims."""

coin: _coin

class _collision(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        names: Literal['unreal', 'unity', 'godot'] = 'unreal',
        concavity: float = 0.05,
        max_hulls: int = 16,
    ) -> Asset:
        """Add convex hulls of the model's pieces as parts of their own, named as an engine looks for them."""

collision: _collision

class _color_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        subject: Subject,
        *,
        colors: int = 4,
        order: Literal['dark-low', 'light-low', 'common-low'] = 'dark-low',
        step_mm: float = 0.6,
        base_mm: float = 1.2,
        width_mm: float = 0.0,
        pitch_mm: float = 0.1,
        island_mm: float = 0.8,
    ) -> Heightmap:
        """Give each of a picture's colours its own height; borders between them are upright walls."""

color_heights: _color_heights

class _contact(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_mm2: float = 20.0,
        min_share: float = 0.01,
    ) -> tuple[Finding, ...]:
        """Measure the area of the first layer, the share of the model's outline that it takes and in how many islands."""

contact: _contact

class _contour_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        interval_mm: float = 1.0,
        style: Literal['steps', 'engraved', 'raised'] = 'steps',
        line_mm: float = 0.5,
        depth_mm: float = 0.4,
        bold: int = 5,
        smooth_mm: float = 0.5,
    ) -> Heightmap:
        """Draw contours on a heightmap, an elevation model say, counted from its lowest place."""

contour_heights: _contour_heights

class _control_picture(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        kind: Literal['depth', 'canny', 'normal', 'pose'] = 'depth',
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 1024,
    ) -> Picture:
        """Draw what ControlNet and its like are steered with: depth, lines, normals or a pose, from the model itself."""

control_picture: _control_picture

class _cookie_cutter(StageFunction[..., Asset]):
    def __call__(
        self,
        artwork: Artwork,
        *,
        height_mm: float = 14.0,
        edge_mm: float = 0.8,
        grip_mm: float = 4.0,
        smooth_mm: float = 2.0,
        lines_mm: float = 0.0,
    ) -> Asset:
        """Make a cutter: the drawing's outer outline as a wall, wider below, with a flat grip on the bed and the edge up."""

cookie_cutter: _cookie_cutter

class _coupon(StageFunction[..., Asset]):
    def __call__(
        self,
        *,
        kind: Literal['holes', 'walls', 'overhangs', 'layers'] = 'holes',
        material: Plastic = ...,
        printer: Printer | str = ...,
    ) -> Asset:
        """Make a small print whose labelled steps say where a printer and a plastic begin to fail."""

coupon: _coupon

class _crop(StageFunction[..., Subject]):
    def __call__(self, subject: Subject, *, share: float = 0.85, size_px: int = 1024) -> Subject:
        """Put the subject into the middle of a square frame of which its long side fills a share."""

crop: _crop

class _cross_section(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        across: Literal['x', 'y', 'z'] = 'y',
        at: float = 0.5,
        size_px: int = 720,
    ) -> Picture:
        """Draw the cut of a plane through a model: material filled, heights said."""

cross_section: _cross_section

class _cups(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        vent_mm: float = 0.0,
        min_mm2: float = 100.0,
    ) -> tuple[Finding, ...]:
        """Count cups of a resin print: air that the solid, the bed and the layer being made enclose while it grows."""

cups: _cups

class _cutaway(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        across: Literal['x', 'y', 'z'] = 'y',
        at: float = 0.5,
        color: str = 'c8402f',
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
    ) -> Picture:
        """Photograph a model cut open by a plane, the half towards the viewer taken away, the cut in a color of its own."""

cutaway: _cutaway

class _degenerate(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Count faces with no area, measured against the model's own size."""

degenerate: _degenerate

class _delight(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, strength: float = 0.7) -> Asset:
        """Divide out the light that colours got where they were photographed, as far as the normals tell it."""

delight: _delight

class _describe(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'description', caption: str = '', colors: int = 5) -> Files:
        """Write down what a model shows as JSON: caption, colors by name and share, size, symmetry, parts, materials, view."""

describe: _describe

class _describe_scene(StageFunction[..., Files]):
    def __call__(self, scene: Scene, *, stem: str = 'scene') -> Files:
        """Write down a scene as JSON: its models, each thing's place and box in millimetres, and which things collide."""

describe_scene: _describe_scene

class _deviation(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        reference: Asset,
        *,
        printer: Printer | str = ...,
        max_mm: float = 0.0,
        samples: int = 50000,
    ) -> tuple[Finding, ...]:
        """Measure in mm how far the model lies from a reference model, and how far that one lies from it."""

deviation: _deviation

class _drop_inner_walls(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        cavities: Literal['thin', 'keep', 'fill'] = 'thin',
        thin_share: float = 0.012,
        thin_mm: float = 1.2,
    ) -> Asset:
        """Drop closed shells inside the model that a slicer would print as walls or voids nobody meant."""

drop_inner_walls: _drop_inner_walls

class _drop_looks(StageFunction[..., Asset]):
    def __call__(self, asset: Asset) -> Asset:
        """Leave only the form of a model: no colors, no uv, no materials; parts stay."""

drop_looks: _drop_looks

class _drop_specks(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, min_share: float = 0.001) -> Asset:
        """Drop parts that are small in volume and in area next to the largest."""

drop_specks: _drop_specks

class _edge_manifold(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, destination: Literal['print', 'model'] = 'print') -> tuple[Finding, ...]:
        """Count edges where more than two faces meet, after welding by position."""

edge_manifold: _edge_manifold

class _emboss(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        text: str = '',
        side: Literal['front', 'back', 'left', 'right', 'top', 'bottom'] = 'front',
        height_mm: float = 8.0,
        depth_mm: float = 1.0,
        right_mm: float = 0.0,
        up_mm: float = 0.0,
        font: str = '',
        printer: Printer | str = ...,
    ) -> Asset:
        """Put words on one side of a closed model, raised or engraved, also where the side is gently curved."""

emboss: _emboss

class _emboss_art(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        artwork: Artwork,
        *,
        side: Literal['front', 'back', 'left', 'right', 'top', 'bottom'] = 'front',
        width_mm: float = 0.0,
        depth_mm: float = 1.0,
        right_mm: float = 0.0,
        up_mm: float = 0.0,
        printer: Printer | str = ...,
    ) -> Asset:
        """Put a drawing on one side of a closed model, raised or engraved, also where the side is curved."""

emboss_art: _emboss_art

class _exploded(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        spread: float = 0.8,
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 16,
    ) -> Picture:
        """Photograph a model with its parts moved apart from its middle, so that each can be seen."""

exploded: _exploded

class _face_front(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, front: Literal['auto', '-y', '+x', '+y', '-x'] = 'auto') -> Asset:
        """Turn the model about its upright axis so that its front looks to −Y, as all our pictures and formats expect."""

face_front: _face_front

class _fal(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: Literal['trellis-2', 'trellis', 'hunyuan3d-2.1', 'hunyuan3d-3', 'hunyuan3d-3.1'] = 'trellis-2',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made on fal.ai's machines, for money: by TRELLIS.2, TRELLIS or Hunyuan3D."""

fal: _fal

class _fill_holes(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, max_edges: int = 10000) -> Asset:
        """Close holes with patches as fine as their borders; nothing else moves."""

fill_holes: _fill_holes

class _fill_unseen(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        texture_px: int = 1024,
        texture_seed: int = 0,
        erode_px: float = 3.0,
        mirror: Literal['any', 'sideways', 'never'] = 'any',
    ) -> Asset:
        """Paint the sides that the photo does not show from those that it does; what is seen keeps its color."""

fill_unseen: _fill_unseen

class _fine_detail(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_mm: float = 0.0,
        samples: int = 40000,
        max_share: float = 0.002,
    ) -> tuple[Finding, ...]:
        """Measure in mm how wide raised and engraved detail is: lettering, seams, scales, the lines of a face."""

fine_detail: _fine_detail

class _fit_template(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        model: Asset,
        *,
        bend: float = 1.0,
        yaw_deg: float | None = None,
        delight: float = 0.5,
    ) -> Asset:
        """Bend a model of the same kind until it looks like the photo, and paint it with the photo."""

fit_template: _fit_template

class _fit_textures(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        max_px: int = 2048,
        sides: Literal['power-of-two', 'any'] = 'power-of-two',
        pack: Literal['keep', 'jpeg'] = 'keep',
    ) -> Asset:
        """Scale textures down to what a target loads, their sides to the nearest powers of two."""

fit_textures: _fit_textures

class _fits_bed(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ...) -> tuple[Finding, ...]:
        """Compare the model's box with the printer's, as it stands and turned about the vertical axis."""

fits_bed: _fits_bed

class _fix_winding(StageFunction[..., Asset]):
    def __call__(self, asset: Asset) -> Asset:
        """Turn faces so that neighbours agree and the outside faces outward."""

fix_winding: _fix_winding

class _flatten_base(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        how: Literal['cut', 'fill'] = 'cut',
        height_mm: float = 0.0,
        contact_share: float = 0.1,
        max_share: float = 0.2,
    ) -> Asset:
        """Give the model a level base, by cutting off its lowest slice or by filling under it."""

flatten_base: _flatten_base

class _frame_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        profile: Literal['flat', 'bevel', 'round', 'cove', 'steps', 'rope'] = 'bevel',
        width_mm: float = 5.0,
        height_mm: float = 0.0,
        shape: Literal['plate', 'outline', 'rounded', 'oval', 'round', 'heart'] = 'plate',
    ) -> Heightmap:
        """Put a frame on a heightmap, along the edge of the shape that the plate will have."""

frame_heights: _frame_heights

class _glass(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        color: str = 'b7d8cc',
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 32,
    ) -> Picture:
        """Photograph a model as if it were solid glass: light is mirrored and refracted, and colored on its way through."""

glass: _glass

class _has_uv(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, target: Target | str = ...) -> tuple[Finding, ...]:
        """Measure the share of the surface that has a place of its own on the texture."""

has_uv: _has_uv

class _heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        subject: Subject,
        *,
        source: Literal['brightness', 'darkness', 'alpha', 'saturation'] = 'brightness',
        width_mm: float = 0.0,
        relief_mm: float = 2.4,
        base_mm: float = 1.2,
        pitch_mm: float = 0.1,
        detail_mm: float = 0.4,
    ) -> Heightmap:
        """Take a picture's tones for heights, spread over the whole relief unless there is but one."""

heights: _heights

class _hollow(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        wall_mm: float = 2.0,
        printer: Printer | str = ...,
        ceiling: Literal['auto', 'smooth', 'roof'] = 'auto',
        holes: int = -1,
        hole_mm: float = 0.0,
        plugs: Literal['none', 'beside'] = 'none',
    ) -> Asset:
        """Make the inside empty and leave a wall of the same thickness everywhere, with holes for resin to run out."""

hollow: _hollow

class _hologram(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        color: str = '38d6ff',
        lines: int = 90,
        glitch: float = 0.0,
    ) -> Picture:
        """Show a model as a projection of light: its rims glow, what is behind shines through, lines run across it."""

hologram: _hologram

class _icon_set(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        look: Literal['textured', 'unlit', 'clay'] = 'textured',
        largest_px: int = 512,
    ) -> Files:
        """Write a model as a set of icons with nothing behind it: PNGs of 16 to 512 pixels and one ICO that holds them."""

icon_set: _icon_set

class _inflate(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        *,
        depth: float = 0.85,
        thickest: float = 0.7,
        surface: float = 0.3,
        resolution: int = 144,
        smallest_share: float = 0.0005,
    ) -> Asset:
        """Blow the subject's outline up to a round, closed solid with the photo on it."""

inflate: _inflate

class _inner_shells(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        cavities: Literal['judge', 'meant'] = 'judge',
    ) -> tuple[Finding, ...]:
        """Count closed shells inside the model that nobody meant, and find models that are hollow through a leak."""

inner_shells: _inner_shells

class _inspect(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, subject: Subject, *, min_full_px: int = 1024, min_relief_px: int = 1500) -> tuple[Finding, ...]:
        """Say what in a photo will hurt, with numbers, and whether full 3D or a relief suits it."""

inspect: _inspect

class _islands(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ..., min_mm2: float = 0.0) -> tuple[Finding, ...]:
        """Count pieces that start in the air when the model is cut into the printer's layers."""

islands: _islands

class _jigsaw(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, columns: int = 4, rows: int = 3, play_mm: float = 0.2, seed: int = 0) -> Asset:
        """Cut what lies flat into puzzle pieces with knobs. They stay in place, a gap apart, and print as they lie."""

jigsaw: _jigsaw

class _join_scene(StageFunction[..., Asset]):
    def __call__(self, scene: Scene) -> Asset:
        """Make one model of a scene, each instance a part of its own, so that it can be looked at, checked or printed."""

join_scene: _join_scene

class _keyring(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        style: Literal['loop', 'hole'] = 'loop',
        at: Literal['top', 'left', 'right'] = 'top',
        shift_mm: float = 0.0,
        hole_mm: float = 4.0,
        wall_mm: float = 0.0,
        printer: Printer | str = ...,
    ) -> Asset:
        """Add a loop to hang the model by, or drill a hole for a ring, seen from the front."""

keyring: _keyring

class _lantern(StageFunction[..., Asset]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        form: Literal['cylinder', 'square', 'hexagon', 'heart', 'ball', 'dome', 'pillow', 'night-light'] = 'cylinder',
        lamp: Literal['none', 'e14', 'e27', 'tealight', 'puck'] = 'none',
        seam_mm: float = 2.0,
        seam_deg: float = 0.0,
        loop_mm: float = 0.0,
        bulge_mm: float = 0.0,
        bound_mm: float = 0.03,
    ) -> Asset:
        """Bend a lithophane round a lamp: closed walls that stand on the bed, the picture upright and outside."""

lantern: _lantern

class _lay_out(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        turning: Literal['orient', 'keep'] = 'orient',
        gap_mm: float = 5.0,
        margin_mm: float = 2.0,
        plate: int = 0,
    ) -> Asset:
        """Put the parts of a model on the printer's bed, side by side, on as many plates as they need."""

lay_out: _lay_out

class _layer_sheet(StageFunction[..., Picture]):
    def __call__(self, asset: Asset, *, layer_mm: float = 0.2, count: int = 8, size_px: int = 240) -> Picture:
        """Show layers of a print from above: what is laid is blue, what lies below it grey."""

layer_sheet: _layer_sheet

class _lettering(StageFunction[..., Artwork]):
    def __call__(self, *, text: str = 'Maquette', height_mm: float = 12.0, font: str = '') -> Artwork:
        """Set words as areas with the font's own curves, about the middle, lines centred."""

lettering: _lettering

class _light_scene(StageFunction[..., Scene]):
    def __call__(
        self,
        scene: Scene,
        *,
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        backdrop: Literal['studio', 'white', 'dark', 'transparent'] = 'studio',
        azimuth_deg: float = 35.0,
        elevation_deg: float = 22.0,
        closer: float = 1.0,
    ) -> Scene:
        """Set a scene's light, backdrop and camera, which go along into its files and into `shoot`."""

light_scene: _light_scene

class _lithophane_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        subject: Subject,
        *,
        width_mm: float = 100.0,
        least_mm: float = 0.8,
        most_mm: float = 3.2,
        transmission_mm: float = 3.5,
        pitch_mm: float = 0.1,
        detail_mm: float = 0.4,
        layer_mm: float = 0.0,
    ) -> Heightmap:
        """Make walls through which light falls as bright as the picture is, by the law of Beer and Lambert."""

lithophane_heights: _lithophane_heights

class _local_worker(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        worker: str = '',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by an open-weight model that runs on this machine as a program of its own."""

local_worker: _local_worker

class _lost_detail(StageFunction[..., Picture]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        line_mm: float = 0.45,
        layer_mm: float = 0.1,
        size_px: int = 1024,
    ) -> Picture:
        """Show where a print loses detail: ridges and grooves narrower than a line, in red and blue on grey heights."""

lost_detail: _lost_detail

class _low_poly(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        triangles: int = 600,
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 16,
    ) -> Picture:
        """Photograph a model as if it were folded from a few flat triangles, each in one color."""

low_poly: _low_poly

class _magnet_pockets(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        count: int = 2,
        magnet_mm: float = 8.0,
        thick_mm: float = 2.0,
        printer: Printer | str = ...,
    ) -> Asset:
        """Cut pockets for magnets into the flat underside, as far apart as the material allows."""

magnet_pockets: _magnet_pockets

class _material_budget(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, target: Target | str = ...) -> tuple[Finding, ...]:
        """Compare the number of materials in use with the target's budget; each is a draw call."""

material_budget: _material_budget

class _matte(StageFunction[..., Subject]):
    def __call__(
        self,
        subject: Subject,
        *,
        method: Literal['auto', 'alpha', 'network', 'border', 'onnx', 'u2netp', 'u2net', 'isnet', 'birefnet-lite', 'birefnet'] = 'auto',
        weights: str = '',
        choice: str = 'all',
        point: str = '',
        box: str = '',
    ) -> Subject:
        """Cut the subject out of its ground: a mask from 0 to 1, soft where hair and blur are."""

matte: _matte

class _matte_online(StageFunction[..., Subject]):
    def __call__(
        self,
        subject: Subject,
        *,
        provider: Literal['fal', 'replicate', 'stability-ai'] = 'fal',
        model_version: str = '',
    ) -> Subject:
        """Have the subject cut out by a provider, for a cent or so; a mask that the photo has already is not used."""

matte_online: _matte_online

class _measure(StageFunction[..., Subject]):
    def __call__(
        self,
        subject: Subject,
        *,
        reference: Literal['auto', 'card', 'a4', 'letter', 'marker', 'coin', 'ruler', 'points'] = 'auto',
        reference_px: tuple[float, float, float, float] | None = None,
        reference_mm: float | None = None,
        coin: str = 'eur-1',
        marker_mm: float = 40.0,
    ) -> Subject:
        """Give a photo its scale, with an error band, from something of known size that lies in it."""

measure: _measure

class _medallion(StageFunction[..., Asset]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        diameter_mm: float = 40.0,
        thickness_mm: float = 2.4,
        relief_mm: float = 1.2,
        rim_mm: float = 1.6,
        words: str = '',
        loop_mm: float = 0.0,
    ) -> Asset:
        """Make a medal: the middle of a heightmap in relief on a round plate that lies on its back, inside a rim."""

medallion: _medallion

class _meshy(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: Literal['meshy-6', 'meshy-5'] = 'meshy-6',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by Meshy, for money, from one photo or from up to four."""

meshy: _meshy

class _metal(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        kind: Literal['gold', 'silver', 'copper', 'bronze', 'steel', 'chrome'] = 'gold',
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'studio',
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 16,
    ) -> Picture:
        """Photograph a model as if it were cast in metal: gold, silver, copper, bronze, steel or chrome."""

metal: _metal

class _miniature(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        size_px: int = 512,
        trees: int = 9,
        blur: float = 0.35,
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'golden-hour',
        base: Literal['grass', 'sand', 'snow'] = 'grass',
        rays: int = 24,
        seed: int = 0,
    ) -> Picture:
        """Photograph a model as a diorama: on a little piece of ground with tiny trees, from above, sharp only in part."""

miniature: _miniature

class _name_parts(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        names: tuple[str, ...] = ...,
        by: Literal['place', 'color', 'both'] = 'place',
    ) -> Asset:
        """Give each part a name: yours, or one made of its side, its colour and its shape (``top left rod``)."""

name_parts: _name_parts

class _nozzle_loss(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        lamp: Literal['below', 'inside', 'center', 'dome'] = 'below',
        line_mm: float = 0.45,
        layer_mm: float = 0.12,
        pose: Literal['lying', 'standing'] = 'lying',
    ) -> Picture:
        """Show where a print of a finished model loses detail: ridges and grooves narrower than a line, red and blue."""

nozzle_loss: _nozzle_loss

class _open(StageFunction[..., Subject]):
    def __call__(self, photo: bytes, *, max_px: int = 4096, svg_px: int = 1536) -> Subject:
        """Open a picture file: JPEG, PNG, WebP, AVIF, TIFF, HEIC, GIF (first frame), BMP or SVG."""

open: _open

class _open_art(StageFunction[..., Artwork]):
    def __call__(
        self,
        drawing: bytes,
        *,
        width_mm: float = 60.0,
        colors: int = 1,
        ground: Literal['drop', 'keep'] = 'drop',
        least_mm: float = 0.0,
    ) -> Artwork:
        """Open an SVG with its exact outlines, or trace a logo, a drawing or a scan."""

open_art: _open_art

class _open_heights(StageFunction[..., Heightmap]):
    def __call__(self, data: bytes, *, low_mm: float = 1.2, high_mm: float = 3.6, width_mm: float = 100.0) -> Heightmap:
        """Take a picture file for heights: grey of 8 or 16 bits, or TIFF of 32 that may hold millimetres."""

open_heights: _open_heights

class _open_hfp(StageFunction[..., PaintPlan]):
    def __call__(self, data: bytes, *, picture: str = '', cell_mm: float = 0.4) -> PaintPlan:
        """Read a HueForge project: its filaments, swaps and layers, and the picture over them."""

open_hfp: _open_hfp

class _orient(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        prefer: Literal['balanced', 'supports', 'height', 'surface'] = 'balanced',
        directions: int = 200,
        when: Literal['always', 'unstable', 'never'] = 'always',
    ) -> Asset:
        """Turn the model to the side on which it prints best and put its lowest point on the bed."""

orient: _orient

class _origin(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Measure how far the origin lies from the middle of the model's bottom, as a share of its diagonal."""

origin: _origin

class _overhang(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        angle_deg: float = 0.0,
        max_share: float = 0.15,
    ) -> tuple[Finding, ...]:
        """Measure the share of the surface that faces down more steeply than the printer carries without support."""

overhang: _overhang

class _paint_backlight(StageFunction[..., Picture]):
    def __call__(self, plan: PaintPlan, *, size_px: int = 512) -> Picture:
        """Show what light falls through a painted print: the bodies that are printed are looked through, not the plan."""

paint_backlight: _paint_backlight

class _paint_canvas(StageFunction[..., Canvas]):
    def __call__(
        self,
        subject: Subject,
        *,
        width_mm: float = 100.0,
        cell_mm: float = 0.4,
        layer_mm: float = 0.08,
        base_mm: float = 0.6,
        paint_mm: float = 2.4,
        viewing_mm: float = 1000.0,
        protect: float = 1.0,
    ) -> Canvas:
        """Cut a picture into cells for filament painting, each the mean of the light that falls on it."""

paint_canvas: _paint_canvas

class _paint_cells(StageFunction[..., PaintPlan]):
    def __call__(
        self,
        canvas: Canvas,
        *,
        filaments: tuple[str, ...] = ...,
        own: str = '',
        count: int = 4,
        layers: int = 5,
        base: str = '',
        light: Literal['front', 'back'] = 'front',
        flatness: float = 0.3,
    ) -> PaintPlan:
        """Give each cell the layers that look most like the picture there, for a printer with several filaments."""

paint_cells: _paint_cells

class _paint_plan(StageFunction[..., PaintPlan]):
    def __call__(
        self,
        canvas: Canvas,
        *,
        filaments: tuple[str, ...] = ...,
        own: str = '',
        count: int = 8,
        swaps: int = 8,
        base: str = '',
        locked: tuple[str, ...] = ...,
        flatness: float = 0.5,
        seed: int = 0,
    ) -> PaintPlan:
        """Find the stack of filaments, and each cell's height in it, that looks most like the picture."""

paint_plan: _paint_plan

class _paint_preview(StageFunction[..., Picture]):
    def __call__(
        self,
        plan: PaintPlan,
        *,
        view: Literal['front', 'back', 'layers'] = 'front',
        size_px: int = 512,
    ) -> Picture:
        """Show a plan as its print will look: filaments over each other, in linear light, a cell a square."""

paint_preview: _paint_preview

class _paint_solid(StageFunction[..., Asset]):
    def __call__(self, plan: PaintPlan) -> Asset:
        """Turn a plan into its solid: every cell a column of its layers, on the bed, the picture's top toward +Y."""

paint_solid: _paint_solid

class _paint_wedge(StageFunction[..., PaintPlan]):
    def __call__(
        self,
        *,
        filaments: tuple[str, ...] = ...,
        own: str = '',
        base: str = 'bambu-lab-pla-basic-black',
        steps: int = 12,
        swatch_mm: float = 8.0,
        layer_mm: float = 0.08,
        base_mm: float = 0.6,
    ) -> PaintPlan:
        """Make swatches of the filaments one owns: a row a filament over one base, each step a layer higher."""

paint_wedge: _paint_wedge

class _passes(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 1024,
        form: Literal['png', 'exr'] = 'png',
        rays: int = 0,
    ) -> Files:
        """Write every pass of a view as a file, and a JSON with the camera: depth in mm, normals, position, parts and more."""

passes: _passes

class _pbr_maps(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        texture_px: int = 512,
        directions: int = 128,
        reach_share: float = 0.25,
    ) -> Asset:
        """Measure by rays how open each place of the surface is, and pack it with roughness and metallic for engines."""

pbr_maps: _pbr_maps

class _picture(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        look: Literal['textured', 'clay', 'wire', 'normals', 'seen', 'unlit'] = 'textured',
        background: Literal['studio', 'white', 'dark', 'transparent'] = 'studio',
        ground: Literal['shadow', 'none'] = 'shadow',
    ) -> Picture:
        """Make a picture of a model, on the processor and without a display."""

picture: _picture

class _pins(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_mm: float = 0.0,
        samples: int = 40000,
    ) -> tuple[Finding, ...]:
        """Measure columns in mm: what is thin two ways and stands free for one and a half times its width."""

pins: _pins

class _pivot(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, at: Literal['base', 'center'] = 'base') -> Asset:
        """Move the model so that its origin lies under its middle, where things that stand are held, or in its middle."""

pivot: _pivot

class _place(StageFunction[..., Scene]):
    def __call__(
        self,
        asset: Asset,
        *,
        x_mm: float = 0.0,
        y_mm: float = 0.0,
        z_mm: float = 0.0,
        turn_deg: float = 0.0,
        scale: float = 1.0,
    ) -> Scene:
        """Stand a model at a spot of a new scene, turned and scaled about the middle of its foot."""

place: _place

class _plate(StageFunction[..., Asset]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        form: Literal['flat', 'arc', 'cylinder'] = 'flat',
        angle_deg: float = 120.0,
        shape: Literal['plate', 'outline', 'rounded', 'oval', 'round', 'heart'] = 'plate',
        frame_mm: float = 0.0,
        frame_height_mm: float = 0.0,
        hole_mm: float = 0.0,
        bound_mm: float = 0.1,
    ) -> Asset:
        """Turn heights into a closed solid whose surface lies nowhere further from them than a bound."""

plate: _plate

class _plate_stand(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        lean_deg: float = 10.0,
        play_mm: float = 0.3,
        deep_mm: float = 6.0,
        share: float = 0.6,
    ) -> Asset:
        """Put a foot beside what lies flat: a bar with a slot as wide as the plate is thick, leaning back."""

plate_stand: _plate_stand

class _plinth(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        form: Literal['round', 'square'] = 'round',
        height_mm: float = 8.0,
        margin_mm: float = 3.0,
        sink_mm: float = 1.0,
        text: str = '',
        text_mm: float = 0.0,
        lettering: Literal['raised', 'engraved'] = 'raised',
        font: str = '',
    ) -> Asset:
        """Put the model on a plinth and make them one solid, with words on the front if there are any."""

plinth: _plinth

class _plush(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        pile: float = 0.02,
        fibres: int = 0,
        seed: int = 0,
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'studio',
        rays: int = 24,
    ) -> Picture:
        """Photograph a model as if it were a stuffed toy: its own colors in a coat of fibres."""

plush: _plush

class _portrait_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        subject: Subject,
        *,
        width_mm: float = 0.0,
        relief_mm: float = 4.0,
        base_mm: float = 1.6,
        pressing: float = 2.0,
        hair: float = 0.4,
        pitch_mm: float = 0.15,
        detail_mm: float = 0.4,
    ) -> Heightmap:
        """Make heights of a subject by the shape that the sculpting network sees in it, with fine light and dark on top."""

portrait_heights: _portrait_heights

class _pose(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, clip: str = '', at: float = 0.25) -> Asset:
        """Bend a rigged model as one of its clips has it at a moment, and keep it so, without its skeleton."""

pose: _pose

class _project_photo(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        texture_px: int = 1024,
        erode_px: float = 3.0,
        feather_px: float = 4.0,
        blend_share: float = 0.0,
    ) -> Asset:
        """Paint what the model's own photo shows onto it, and leave the rest in the colors that it has."""

project_photo: _project_photo

class _prove_paint(StageFunction[..., Files]):
    def __call__(
        self,
        plan: PaintPlan,
        *,
        walls: Literal['arachne', 'classic'] = 'arachne',
        stem: str = 'proof',
    ) -> Files:
        """Slice a plan's 3MF with PrusaSlicer and add up, dot by dot, what its G-code lays."""

prove_paint: _prove_paint

class _qr_code(StageFunction[..., Artwork]):
    def __call__(
        self,
        *,
        text: str = 'Maquette',
        size_mm: float = 40.0,
        correction: Literal['low', 'medium', 'quartile', 'high'] = 'medium',
        least_mm: float = 0.8,
    ) -> Artwork:
        """Draw a QR code (ISO/IEC 18004) as exact squares, dark ones only; segno does the coding."""

qr_code: _qr_code

class _quads(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, count: int = 10000, crease_deg: float = 40.0, smoothings: int = 2) -> Asset:
        """Cover the model with quads that run along its curvature and its creases."""

quads: _quads

class _quantize_colors(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        filaments: tuple[str, ...] = ...,
        count: int = 0,
        printer: Printer | str = ...,
        detail_mm: float | None = None,
        island_mm2: float | None = None,
        dithering: Literal['none', 'ordered'] = 'none',
    ) -> Asset:
        """Give every face one of a few filaments: textures and vertex colours become flat materials, one a filament."""

quantize_colors: _quantize_colors

class _raise_drawing(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        *,
        form: Literal['auto', 'turned', 'round', 'flat'] = 'auto',
        depth: float = 0.85,
        lines: float = 0.3,
    ) -> Asset:
        """Make a solid of a cleaned drawing: vases, mushrooms and towers turned, animals and letters round, keys flat."""

raise_drawing: _raise_drawing

class _raking_light(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        lamp: Literal['below', 'inside', 'center', 'dome'] = 'below',
        elevation_deg: float = 15.0,
        size_px: int = 512,
    ) -> Picture:
        """Show a relief under light that grazes it from the left: what stands out shines and throws a shadow."""

raking_light: _raking_light

class _read_3mf(StageFunction[..., Asset]):
    def __call__(self, files: Files, *, plate: int = 0) -> Asset:
        """Read what a 3MF file would build, in millimetres, with its parts, colours and textures."""

read_3mf: _read_3mf

class _read_amf(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read an AMF, plain or packed as a ZIP, in millimetres, with its parts, materials and colours."""

read_amf: _read_amf

class _read_dae(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read COLLADA (1.4, 1.5, ZAE) with its materials, textures and vertex colours, upright and in millimetres."""

read_dae: _read_dae

class _read_fbx(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read a binary FBX (6.1 to 7.7) with its materials, textures and vertex colours, upright and in millimetres."""

read_fbx: _read_fbx

class _read_glb(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read a GLB or glTF model with its materials, textures, vertex colours and node names."""

read_glb: _read_glb

class _read_obj(StageFunction[..., Asset]):
    def __call__(self, files: Files, *, up: Literal['+Z', '+Y'] = '+Z') -> Asset:
        """Read an OBJ with its materials and textures."""

read_obj: _read_obj

class _read_off(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read an OFF, with colours of vertices (COFF) or of faces."""

read_off: _read_off

class _read_ply(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read a PLY, text or binary of either byte order, with vertex colours, texture coordinates and textures."""

read_ply: _read_ply

class _read_stl(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read an STL file, binary or text, and weld the corners that share a position."""

read_stl: _read_stl

class _read_usd(StageFunction[..., Asset]):
    def __call__(self, files: Files) -> Asset:
        """Read USD with its materials, textures and vertex colours, upright and in millimetres."""

read_usd: _read_usd

class _read_wedge(StageFunction[..., Files]):
    def __call__(
        self,
        subject: Subject,
        *,
        names: tuple[str, ...] = ...,
        steps: int = 12,
        layer_mm: float = 0.08,
        stem: str = 'filaments',
    ) -> Files:
        """Read a photo of a wedge, cropped to it, and write each filament's colour and transmission distance as CSV."""

read_wedge: _read_wedge

class _relief(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        *,
        source: Literal['brightness', 'darkness', 'alpha', 'saturation'] = 'brightness',
        shape: Literal['plate', 'outline'] = 'plate',
        width_mm: float = 0.0,
        relief_mm: float = 2.4,
        base_mm: float = 1.2,
        pitch_mm: float = 0.1,
        smooth: float = 0.3,
    ) -> Asset:
        """Turn a picture into heights on a closed, flat-bottomed plate that lies on the bed, right side up from above."""

relief: _relief

class _remesh(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, edge_mm: float = 0.0, sharp_deg: float = 40.0) -> Asset:
        """Cover the model with triangles of one size, as near to equilateral as its shape allows."""

remesh: _remesh

class _render_pass(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        kind: Literal['depth', 'normals', 'position', 'part', 'albedo', 'roughness', 'occlusion', 'shadow', 'seen', 'outline', 'curvature'] = 'depth',
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
    ) -> Picture:
        """Show one quantity of a view: depth, normals, position, parts, color, shade, what was seen, lines or curvature."""

render_pass: _render_pass

class _repaint(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, filaments: tuple[str, ...] = ...) -> Asset:
        """Give each flat colour of a model another one; no face changes its region."""

repaint: _repaint

class _replicate(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: Literal['trellis', 'sam-3d', 'hunyuan3d-3.1'] = 'trellis',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made on Replicate's machines, for money: by TRELLIS, SAM 3D or Hunyuan3D 3.1."""

replicate: _replicate

class _resurface(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ..., pitch_mm: float = 0.0) -> Asset:
        """Make a new closed surface around what the model encloses, whatever holes, overlaps or flipped faces it has."""

resurface: _resurface

class _rig(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        kind: Literal['auto', 'humanoid', 'quadruped', 'parts'] = 'auto',
        names: Literal['unity', 'unreal', 'vrm'] = 'unity',
        clips: Literal['stock', 'none'] = 'stock',
    ) -> Asset:
        """Put a skeleton into a model, bind its surface to it, and add clips that show that it bends."""

rig: _rig

class _rodin(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: Literal['Gen-2', 'Sketch', 'Regular', 'Detail', 'Smooth', 'Gen-2.5-Extreme-Low', 'Gen-2.5-Extreme-High'] = 'Gen-2',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by Rodin, for money, from one photo or from up to five."""

rodin: _rodin

class _rotate(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        up: Literal['+Z', '-Z', '+Y', '-Y', '+X', '-X'] = '+Z',
        x_deg: float = 0.0,
        y_deg: float = 0.0,
        z_deg: float = 0.0,
    ) -> Asset:
        """Turn the model about the middle of its box: first upright, then about x, y and z in this order."""

rotate: _rotate

class _scale_to(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        height_mm: float,
        along: Literal['height', 'width', 'depth', 'longest', 'upright'] = 'height',
        certain: bool = True,
    ) -> Asset:
        """Scale the model evenly until it is this many millimetres high."""

scale_to: _scale_to

class _sculpt(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        resolution: int = 96,
        shape: Literal['auto', 'body', 'completed', 'mirrored', 'turned', 'box', 'slab'] = 'auto',
        detail: float = 0.3,
        delight: float = 0.5,
        upright: Literal['auto', 'off'] = 'auto',
        seed: int = 0,
        weights: str = '',
    ) -> Asset:
        """Guess the whole object from a photo: front, back and sides, as one closed, coloured solid."""

sculpt: _sculpt

class _segment(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        parts: int = 0,
        detail: float = 0.5,
        by: Literal['all', 'shape', 'color'] = 'all',
        of: str = '',
        borders: Literal['smooth', 'edges'] = 'smooth',
        close: bool = False,
    ) -> Asset:
        """Divide the model into parts where it folds in, grows thin or changes colour; each becomes a node in files."""

segment: _segment

class _segmind(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        *,
        model_version: Literal['sam-3d-objects'] = 'sam-3d-objects',
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by SAM 3D Objects on Segmind's machines, for little money."""

segmind: _segmind

class _self_intersections(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Count pairs of faces that cut through each other or lie on one another."""

self_intersections: _self_intersections

class _settle(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, contact_share: float = 0.05, max_cut_share: float = 0.03) -> Asset:
        """Put the model's lowest point on the bed, its middle over the origin, and give it a flat base to stand on."""

settle: _settle

class _shape_heights(StageFunction[..., Heightmap]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        gamma: float = 1.0,
        inverse: bool = False,
        contrast: float = 0.0,
        sharpen: float = 0.0,
        blur_mm: float = 0.0,
        steps: int = 0,
        layer_mm: float = 0.0,
    ) -> Heightmap:
        """Change how heights are spread between the lowest and the highest, which stay as high as they are."""

shape_heights: _shape_heights

class _shoot(StageFunction[..., Picture]):
    def __call__(
        self,
        scene: Scene,
        *,
        size_px: int = 768,
        tone: Literal['soft', 'agx', 'filmic', 'srgb'] = 'soft',
        blur: float = 0.0,
        rays: int = 16,
        environment: str = '',
    ) -> Picture:
        """Photograph a scene through its camera, in its light and before its backdrop, as `light-scene` set them."""

shoot: _shoot

class _signboard(StageFunction[..., Asset]):
    def __call__(
        self,
        artwork: Artwork,
        *,
        letters: Literal['raised', 'engraved', 'inlaid'] = 'raised',
        board: Literal['rectangle', 'rounded', 'oval', 'outline', 'none'] = 'rounded',
        depth_mm: float = 1.2,
        base_mm: float = 2.4,
        margin_mm: float = 5.0,
        rim_mm: float = 0.0,
        hole_mm: float = 0.0,
    ) -> Asset:
        """Make a sign: areas of a drawing as upright walls on a board, each colour a body and a filament of its own."""

signboard: _signboard

class _silhouette(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, size_px: int = 256) -> tuple[Finding, ...]:
        """Lay the model's outline, seen through the photo's camera, over the photo's mask and measure how well they agree."""

silhouette: _silhouette

class _simplify(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, max_faces: int = 100000, error_mm: float | None = None) -> Asset:
        """Reduce the number of faces, keeping shape, uv and the seams between charts and materials."""

simplify: _simplify

class _size_photo(StageFunction[..., Subject]):
    def __call__(
        self,
        subject: Subject,
        *,
        height_mm: float,
        along: Literal['height', 'width', 'longest'] = 'height',
    ) -> Subject:
        """Say how large the whole picture is in reality, and so its scale in millimetres per pixel."""

size_photo: _size_photo

class _sized(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Say how large the model is and whether that is more than a guess."""

sized: _sized

class _sketch(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        line: float = 2.4,
        hatching: float = 0.7,
        wobble: float = 0.8,
        pencil: str = '33343b',
        seed: int = 0,
    ) -> Picture:
        """Draw a model in pencil on paper: outlines and folds by a hand that is not quite steady, shade by hatching."""

sketch: _sketch

class _slice(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        slicer: Literal['prusa', 'orca', 'cura'] = 'prusa',
        printer: Printer | str = ...,
        infill: float | None = None,
        supports: Literal['auto', 'none'] | None = None,
        profile: str = '',
        filaments: Literal['painted', 'one'] = 'painted',
        stem: str = 'model',
    ) -> Files:
        """Slice a model with the installed slicer: G-code, and a JSON file with time, filament, layers and warnings."""

slice: _slice

class _sloyd(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by Sloyd, for money, from one photo or from up to four."""

sloyd: _sloyd

class _small_holes(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_mm: float = 0.0,
        samples: int = 40000,
    ) -> tuple[Finding, ...]:
        """Measure holes and pits in mm: air that is narrow two ways between walls that face each other."""

small_holes: _small_holes

class _smooth(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        against: Literal['noise', 'steps'] = 'noise',
        iterations: int = 10,
        edge_deg: float = 20.0,
        step: float = 0.5,
        pass_band: float = 0.1,
        max_move_mm: float | None = None,
    ) -> Asset:
        """Even out noise without eating edges and small features, or stair steps, and keep the model's volume."""

smooth: _smooth

class _solidify(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_share: float = 0.001,
        max_volume_change: float = 0.05,
        max_deviation: float = 0.002,
    ) -> Asset:
        """Make the model one or several closed solids that a slicer fills, with the smallest repair that does it."""

solidify: _solidify

class _specks(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, min_share: float = 0.001) -> tuple[Finding, ...]:
        """Count parts that are tiny in volume and in area next to the largest one."""

specks: _specks

class _split(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        by: Literal['bed', 'plane', 'part'] = 'bed',
        printer: Printer | str = ...,
        axis: Literal['x', 'y', 'z'] = 'z',
        at: float = 0.5,
        connector: Literal['pegs', 'dowels', 'dovetails', 'none'] = 'pegs',
        clearance_mm: float | None = None,
        peg_mm: float | None = None,
    ) -> Asset:
        """Cut a closed model into numbered pieces that fit the printer, with pegs, dowels or dovetails to join them."""

split: _split

class _sprite_sheet(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        directions: Literal[4, 8, 16] = 8,
        size_px: int = 128,
        elevation_deg: float = 30.0,
        look: Literal['textured', 'unlit', 'clay', 'normals'] = 'textured',
    ) -> Picture:
        """Draw a model from 4, 8 or 16 directions as sprites for a game, on one sheet with nothing behind them."""

sprite_sheet: _sprite_sheet

class _stability(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ..., min_share: float = 0.1) -> tuple[Finding, ...]:
        """Measure how far the centre of mass lies inside the outline of what touches the bed, in mm."""

stability: _stability

class _stability_ai(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        *,
        model_version: Literal['spar3d', 'sf3d'] = 'spar3d',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by Stability AI within seconds, for little money."""

stability_ai: _stability_ai

class _stamp_block(StageFunction[..., Asset]):
    def __call__(
        self,
        artwork: Artwork,
        *,
        relief_mm: float = 2.0,
        draft_mm: float = 0.3,
        margin_mm: float = 2.0,
        shape: Literal['rectangle', 'round', 'outline'] = 'rectangle',
        handle_mm: float = 30.0,
    ) -> Asset:
        """Make a stamp: the drawing mirrored, its lines upward and wider at the foot, so that fine ones do not bend."""

stamp_block: _stamp_block

class _stand(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, tilt_deg: float = 2.0, printer: Printer | str = ...) -> Asset:
        """Leave a model that stands as it is; lay a flat one on its back, and put any other on a plinth."""

stand: _stand

class _sticker(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        border: float = 12.0,
        color: str = 'ffffff',
        shadow: float = 0.35,
    ) -> Picture:
        """Cut a model out with a border of even width and round corners, on nothing, with a soft shadow under it."""

sticker: _sticker

class _styles(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 256,
        columns: int = 6,
        rays: int = 12,
        only: str = '',
    ) -> Picture:
        """Show a model in many looks on one contact sheet: the same model through the same camera, so nothing drifts."""

styles: _styles

class _stylize(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        style: Literal['voxel', 'brick', 'facet', 'voronoi', 'wireframe'] = 'voxel',
        cells: int = 32,
        colors: int = 8,
    ) -> Asset:
        """Remake the model in cubes, bricks, flat facets or as a cage of struts, in a few flat colours of its own."""

stylize: _stylize

class _suggest_settings(StageFunction[..., PrintSettings]):
    def __call__(
        self,
        asset: Asset,
        *,
        purpose: Literal['decorative', 'functional', 'strong'] = 'decorative',
        material: Plastic = ...,
        printer: Printer | str = ...,
    ) -> PrintSettings:
        """Suggest how a slicer should print a model: layer, walls, infill, supports, brim and heat, each with its reason."""

suggest_settings: _suggest_settings

class _tencent_hunyuan(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: Literal['3.1', '3.0'] = '3.1',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by Hunyuan3D 3.1 on Tencent Cloud, for money, from one photo or from up to four."""

tencent_hunyuan: _tencent_hunyuan

class _test_piece(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        risk: Literal['thinnest', 'overhang'] = 'thinnest',
        size_mm: float = 20.0,
        printer: Printer | str = ...,
    ) -> Asset:
        """Cut the riskiest place out of a solid as a block of its own, flat on the bed and as it would stand there."""

test_piece: _test_piece

class _text_to_image(StageFunction[..., Subject]):
    def __call__(
        self,
        *,
        prompt: str = 'a wooden rocking chair',
        provider: Literal['fal', 'replicate', 'stability-ai', 'openai-style'] = 'fal',
        model_version: str = '',
        framing: Literal['liftable', 'free'] = 'liftable',
        seed: int = 0,
    ) -> Subject:
        """Have a picture drawn from words by a provider, for a little money, to be made into a model next."""

text_to_image: _text_to_image

class _texture_power(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Count textures with a side that is no power of two; engines scale those when they compress and make mipmaps."""

texture_power: _texture_power

class _texture_size(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, target: Target | str = ...) -> tuple[Finding, ...]:
        """Compare the longest side of any texture with the target's budget; a texture that cannot be read fails too."""

texture_size: _texture_size

class _thicken(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ..., wall_mm: float = 0.0) -> Asset:
        """Give walls, fins and wires that are too thin the thickness they need, and leave the rest as it is."""

thicken: _thicken

class _thin_gaps(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_mm: float = 0.0,
        samples: int = 40000,
        max_share: float = 0.002,
    ) -> tuple[Finding, ...]:
        """Measure in mm how far apart walls stand that face each other through the air."""

thin_gaps: _thin_gaps

class _three_views(StageFunction[..., Asset]):
    def __call__(self, subject: Subject, *, width_mm: float = 0.0) -> Asset:
        """Make a solid from a drawing that shows front, top and right view on one sheet (third angle)."""

three_views: _three_views

class _tilt_shift(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        size_px: int = 512,
        height: float = 0.5,
        tilt_deg: float = 45.0,
        blur: float = 0.3,
        elevation_deg: float = 32.0,
        light: Literal['studio', 'three-point', 'window', 'overcast', 'golden-hour', 'night-neon'] = 'golden-hour',
        rays: int = 32,
    ) -> Picture:
        """Photograph a model or a scene with a tilted lens: a band is sharp, what lies above and below it melts away."""

tilt_shift: _tilt_shift

class _toon(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        bands: int = 3,
        line: float = 2.2,
        ink: str = '1b1e2b',
        background: Literal['studio', 'white', 'dark', 'cutout'] = 'white',
    ) -> Picture:
        """Draw a model as a cartoon: its own colors in a few flat tones, outlines and folds in ink."""

toon: _toon

class _trace(StageFunction[..., Artwork]):
    def __call__(self, subject: Subject, *, width_mm: float = 60.0, colors: int = 1, least_mm: float = 0.0) -> Artwork:
        """Trace the shapes in a picture, or the outline of a subject that was cut out."""

trace: _trace

class _trapped_volumes(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        drain_mm: float = 0.0,
        min_mm3: float = 1.0,
    ) -> tuple[Finding, ...]:
        """Measure in mm³ how much resin or powder stays inside: in voids nothing leads out of, and behind narrow holes."""

trapped_volumes: _trapped_volumes

class _triangle_budget(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, target: Target | str = ...) -> tuple[Finding, ...]:
        """Compare the number of faces with the target's budget. Fails above it, and where there is nothing to draw."""

triangle_budget: _triangle_budget

class _triangle_count(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, printer: Printer | str = ..., max_faces: int = 1000000) -> tuple[Finding, ...]:
        """Count the faces and say how long their sides are next to a line of the printer."""

triangle_count: _triangle_count

class _tripo(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: Literal['v3.1-20260211', 'v3.0-20250812', 'v2.5-20250123', 'P1-20260311'] = 'v3.1-20260211',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by Tripo, for money, from one photo or from up to four."""

tripo: _tripo

class _tripo_compatible(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject | Views,
        *,
        model_version: str = 'v3.1-20260211',
        effort: Literal['draft', 'standard', 'high'] = 'standard',
        looks: Literal['pbr', 'color', 'none'] = 'pbr',
        faces: int = 0,
        seed: int = 0,
    ) -> Asset:
        """Have a whole object made by a server that speaks Tripo's v3 API: another Maquette, for one."""

tripo_compatible: _tripo_compatible

class _triposr(StageFunction[..., Asset]):
    def __call__(
        self,
        subject: Subject,
        *,
        weights: str = '',
        resolution: int = 256,
        threshold: float = 25.0,
        device: Literal['cpu', 'cuda'] = 'cpu',
    ) -> Asset:
        """Make a whole object, unseen side included, with TripoSR's published weights."""

triposr: _triposr

class _turntable(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        frames: int = 24,
        size_px: int = 320,
        look: Literal['textured', 'clay', 'wire', 'normals', 'seen', 'unlit'] = 'textured',
        background: Literal['studio', 'white', 'dark', 'transparent'] = 'studio',
        ground: Literal['shadow', 'none'] = 'shadow',
        seconds: float = 2.4,
    ) -> Picture:
        """Turn a model once around its upright axis in the studio's light, as frames of one moving picture."""

turntable: _turntable

class _unite(StageFunction[..., Asset]):
    def __call__(self, asset: Asset) -> Asset:
        """Merge closed parts that cut through each other into one solid, as a slicer would fill them."""

unite: _unite

class _untangle(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, max_pairs: int = 50000, max_change: float = 0.005) -> Asset:
        """Cut the surface along the lines where it crosses itself and keep what a slicer would fill."""

untangle: _untangle

class _unwrap(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        texture_px: int = 1024,
        gutter_px: int = 4,
        method: Literal['auto', 'xatlas', 'cones'] = 'auto',
        old_uv: Literal['keep', 'replace'] = 'keep',
    ) -> Asset:
        """Lay a surface out flat, in charts that do not overlap, and turn colours on vertices into a texture."""

unwrap: _unwrap

class _use_mask(StageFunction[..., Subject]):
    def __call__(self, subject: Subject, mask: bytes, *, subject_is: Literal['white', 'black'] = 'white') -> Subject:
        """Take the mask from a picture file: its alpha channel where it has one, else its brightness."""

use_mask: _use_mask

class _uv_overlap(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Measure how much of the texture belongs to several faces at once, and how much of it to any."""

uv_overlap: _uv_overlap

class _uv_stretch(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Measure how far the texture is stretched (Sander's L2, 1 is none) and how unevenly texels are dealt out."""

uv_stretch: _uv_stretch

class _vertex_manifold(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset) -> tuple[Finding, ...]:
        """Count vertices in which the surface touches itself by a point, after welding by position."""

vertex_manifold: _vertex_manifold

class _views(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        size_px: int = 256,
        look: Literal['textured', 'clay', 'wire', 'normals', 'seen', 'unlit'] = 'textured',
        background: Literal['studio', 'white', 'dark', 'transparent'] = 'studio',
    ) -> Picture:
        """Show a model from its six sides on one sheet, all to the same scale, without perspective."""

views: _views

class _voxel_icon(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        size_px: int = 512,
        cells: int = 24,
        palette: int = 12,
        background: Literal['studio', 'white', 'dark', 'transparent', 'cutout'] = 'transparent',
        rays: int = 16,
    ) -> Picture:
        """Photograph a model as if it were built of equal cubes in a few colors, isometric, as an icon."""

voxel_icon: _voxel_icon

class _wall_mount(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        back: Literal['auto', 'behind', 'below'] = 'auto',
        screw_mm: float = 4.0,
        count: int = 1,
        spacing_mm: float = 0.0,
        lip_mm: float = 0.0,
        printer: Printer | str = ...,
    ) -> Asset:
        """Cut keyhole slots into the back: the screw's head goes in below and the model slides down over its shank."""

wall_mount: _wall_mount

class _wall_thickness(StageFunction[..., tuple[Finding, ...]]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        min_mm: float = 0.0,
        samples: int = 40000,
        max_share: float = 0.05,
    ) -> tuple[Finding, ...]:
        """Measure the walls in mm, everywhere, by the largest ball that fits between two surfaces that face each other."""

wall_thickness: _wall_thickness

class _watertight(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, destination: Literal['print', 'model'] = 'print') -> tuple[Finding, ...]:
        """Count open edges after welding by position, and the holes they run around."""

watertight: _watertight

class _weld(StageFunction[..., Asset]):
    def __call__(self, asset: Asset, *, grid_mm: float = 0.0) -> Asset:
        """Merge vertices that share a position and drop the faces that collapse."""

weld: _weld

class _wiggle(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 320,
        apart: float = 0.14,
        frames: int = 5,
        background: Literal['studio', 'white', 'dark', 'transparent'] = 'studio',
    ) -> Picture:
        """Let the viewer sway a little to and fro, so that a flat screen shows depth: a moving picture in a loop."""

wiggle: _wiggle

class _winding(StageFunction[..., tuple[Finding, ...]]):
    def __call__(self, asset: Asset, *, destination: Literal['print', 'model'] = 'print') -> tuple[Finding, ...]:
        """Count edges whose two faces disagree, and parts that are inside out, after welding by position."""

winding: _winding

class _wrap(StageFunction[..., Asset]):
    def __call__(
        self,
        asset: Asset,
        *,
        printer: Printer | str = ...,
        pitch_mm: float = 0.0,
        gap_mm: float = 0.0,
        wall_mm: float = 0.0,
    ) -> Asset:
        """Put a closed skin around whatever is there: loose, crossing or inside-out triangles, sheets, clouds of scraps."""

wrap: _wrap

class _write_3mf(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        stem: str = 'model',
        thumbnail: bytes = b'',
        slicers: Literal['all', 'prusa', 'none'] = 'all',
    ) -> Files:
        """Write one 3MF file in millimetres, with parts, colours, title and the story of the model."""

write_3mf: _write_3mf

class _write_amf(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model') -> Files:
        """Write an AMF in millimetres: one object, a volume for each part and material, with names and colours."""

write_amf: _write_amf

class _write_art(StageFunction[..., Files]):
    def __call__(self, artwork: Artwork, *, stem: str = 'drawing', suffix: Literal['.svg'] = '.svg') -> Files:
        """Write a drawing as SVG: a path a colour, every corner to a ten-thousandth of a millimetre."""

write_art: _write_art

class _write_cutout(StageFunction[..., Files]):
    def __call__(self, subject: Subject, *, stem: str = 'cutout') -> Files:
        """Write a subject as PNG: its pixels untouched, its mask as alpha; opened again it is the same subject."""

write_cutout: _write_cutout

class _write_dae(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model') -> Files:
        """Write a COLLADA file in millimetres, +Z up, with its pictures beside it."""

write_dae: _write_dae

class _write_fbx(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model', crease_deg: float = 45.0) -> Files:
        """Write one binary FBX (7.4) in centimetres, +Y up, front +Z, with its pictures inside."""

write_fbx: _write_fbx

class _write_glb(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model', crease_deg: float = 45.0) -> Files:
        """Write one GLB file with materials, embedded textures, vertex colours, skeleton and one named node per part."""

write_glb: _write_glb

class _write_heights(StageFunction[..., Files]):
    def __call__(
        self,
        heightmap: Heightmap,
        *,
        stem: str = 'heights',
        suffix: Literal['.tif', '.tiff', '.png'] = '.tif',
    ) -> Files:
        """Write heights as a TIFF of 32-bit millimetres, or as a 16-bit PNG from the lowest to the highest."""

write_heights: _write_heights

class _write_marker(StageFunction[..., Files]):
    def __call__(self, *, marker_mm: float = 40, suffix: Literal['.pdf', '.svg', '.png'] = '.pdf') -> Files:
        """Write the marker that `measure` looks for as a page at true size, with a line to check the print by."""

write_marker: _write_marker

class _write_obj(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model', up: Literal['+Z', '+Y'] = '+Z') -> Files:
        """Write an OBJ, with an MTL and its pictures when the asset has materials."""

write_obj: _write_obj

class _write_off(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model') -> Files:
        """Write an OFF, as COFF where vertices have colours, with colours of faces where they have one each."""

write_off: _write_off

class _write_paint(StageFunction[..., Files]):
    def __call__(
        self,
        plan: PaintPlan,
        *,
        stem: str = 'paint',
        suffix: Literal['.3mf', '.stl', '.html', '.txt', '.hfp'] = '.3mf',
    ) -> Files:
        """Write a painted print with everything that printing it takes."""

write_paint: _write_paint

class _write_picture(StageFunction[..., Files]):
    def __call__(
        self,
        picture: Picture,
        *,
        stem: str = 'picture',
        suffix: Literal['auto', '.png', '.webp', '.gif', '.jpg', '.jpeg'] = 'auto',
        quality: int = 90,
    ) -> Files:
        """Write a picture as a file: PNG, WebP, GIF or JPEG; several frames make it move, in a loop."""

write_picture: _write_picture

class _write_ply(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model', encoding: Literal['binary', 'ascii'] = 'binary') -> Files:
        """Write a PLY, its base colour textures beside it."""

write_ply: _write_ply

class _write_scad(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model', tolerance_mm: float = 0.1) -> Files:
        """Write a box, a turned part or a plate as an OpenSCAD script whose sizes have names."""

write_scad: _write_scad

class _write_scene(StageFunction[..., Files]):
    def __call__(self, scene: Scene, *, stem: str = 'scene') -> Files:
        """Write a scene as one GLB in which a model that stands there ten times lies once."""

write_scene: _write_scene

class _write_scene_usd(StageFunction[..., Files]):
    def __call__(
        self,
        scene: Scene,
        *,
        stem: str = 'scene',
        suffix: Literal['.usdz', '.usdc', '.usda'] = '.usdz',
    ) -> Files:
        """Write a scene as USD in which a model that stands there ten times lies once, and ten instances refer to it."""

write_scene_usd: _write_scene_usd

class _write_settings(StageFunction[..., Files]):
    def __call__(self, settings: PrintSettings, *, stem: str = 'settings') -> Files:
        """Write suggested settings as JSON: what, how much and why, and the same as options of each slicer."""

write_settings: _write_settings

class _write_stl(StageFunction[..., Files]):
    def __call__(self, asset: Asset, *, stem: str = 'model', encoding: Literal['binary', 'ascii'] = 'binary') -> Files:
        """Write the triangles as STL, in millimetres, +Z up."""

write_stl: _write_stl

class _write_usd(StageFunction[..., Files]):
    def __call__(
        self,
        asset: Asset,
        *,
        stem: str = 'model',
        suffix: Literal['.usdz', '.usdc', '.usda'] = '.usdz',
        crease_deg: float = 45.0,
    ) -> Files:
        """Write USD in metres and +Y up, with one mesh a part, quads as quads and a UsdPreviewSurface a material."""

write_usd: _write_usd

class _xray(StageFunction[..., Picture]):
    def __call__(
        self,
        asset: Asset,
        *,
        view: Literal['three-quarter', 'front', 'back', 'left', 'right', 'top', 'bottom', 'photo'] = 'three-quarter',
        size_px: int = 512,
        color: str = 'bfe3ff',
        density: float = 0.55,
    ) -> Picture:
        """Show a model as on an X-ray film: thick places shine, every wall within shows where it is seen edge on."""

xray: _xray
