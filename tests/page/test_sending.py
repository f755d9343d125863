"""What is sent besides text."""

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage, Tab, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_photo_arrives_as_it_was_and_is_shown(stage: Stage, tab: Tab) -> None:
    """The bot can download the very bytes; the bubble shows the picture with its caption."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    await tab.pick_files("photo", ("den.png", "image/png", picture()))
    await tab.hook("field-caption").fill("Đèn hỏng")
    await tab.hook("dialog-submit").click()
    message = await stage.update("message")
    assert message["caption"] == "Đèn hỏng"
    assert await stage.download(message["photo"][-1]["file_id"]) == picture()
    image = tab.messages("me").locator("img")
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("naturalWidth", 60)
    await expect(tab.messages("me").locator(".text")).to_have_text("Đèn hỏng")


async def test_several_photos_are_an_album(stage: Stage, tab: Tab) -> None:
    """Sent together, they carry one group id."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    files = [(f"{n}.png", "image/png", picture(colour=bytes([n, n, n]))) for n in (10, 200)]
    await tab.pick_files("photo", *files)
    await tab.hook("dialog-submit").click()
    await expect(tab.messages("me").locator("img")).to_have_count(2)
    first, second = await stage.update("message"), await stage.update("message")
    assert first["media_group_id"] == second["media_group_id"]
    assert await stage.download(second["photo"][-1]["file_id"]) == files[1][2]


@pytest.mark.parametrize(
    ("kind", "name", "mime"),
    [
        ("document", "đơn kiến nghị.pdf", "application/pdf"),
        ("video", "ngo-12.mp4", "video/mp4"),
        ("voice", "loi-ke.ogg", "audio/ogg"),
    ],
)
async def test_a_file_arrives_and_stands_with_its_size(
    stage: Stage, tab: Tab, kind: str, name: str, mime: str
) -> None:
    """Whatever the bytes are worth to a player, the card says what was sent."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    content = b"%made up%" * 500
    await tab.pick_files(kind, (name, mime, content))
    await tab.hook("dialog-submit").click()
    message = await stage.update("message")
    assert await stage.download(message[kind]["file_id"]) == content
    card = tab.messages("me").locator("a.file")
    await expect(card).to_contain_text("4,4 KB")
    if kind == "document":
        assert message[kind]["file_name"] == name
        await expect(card).to_contain_text(name)


async def test_a_document_of_the_bot_can_be_saved(stage: Stage, tab: Tab) -> None:
    """Its card is a download of the bytes that the bot sent."""
    lan = await stage.person("Lan")
    await stage.act(lan, "document", content="xJDGoW4=", file_name="don.txt")
    file_id = (await stage.update("message"))["document"]["file_id"]
    await stage.bot("sendDocument", chat_id=lan, document=file_id)
    await tab.open(lan)
    async with tab.page.expect_download() as download:
        await tab.messages("bot").locator("a.file").click()
    path = await (await download.value).path()
    assert path.read_bytes() == b"\xc4\x90\xc6\xa1n"


async def test_a_location_is_hai_phong_unless_one_says_otherwise(stage: Stage, tab: Tab) -> None:
    """A comma is a decimal point too, and a place that is nowhere is not sent."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    await tab.attach("location")
    await expect(tab.hook("field-longitude")).to_have_value("106.6881")
    await tab.hook("field-latitude").fill("200")
    await tab.hook("dialog-submit").click()
    await expect(tab.hook("dialog").get_by_role("alert")).to_contain_text("Vĩ độ")
    await tab.hook("field-latitude").fill("20,85")
    await tab.hook("dialog-submit").click()
    location = (await stage.update("message"))["location"]
    assert location["latitude"] == pytest.approx(20.85)
    assert location["longitude"] == pytest.approx(106.6881)
    await expect(tab.hook("place")).to_contain_text("20.85000, 106.68810")
