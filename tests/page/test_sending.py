"""Tests of files and locations, sent by a person or by the bot."""

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage, Tab, make_png

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_photo_is_sent_unchanged_and_shown(stage: Stage, tab: Tab) -> None:
    """The bot downloads the same bytes. The page shows the photo with its caption."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    await tab.choose_files("photo", ("den.png", "image/png", make_png()))
    await tab.find_element("field-caption").fill("Đèn hỏng")
    await tab.find_element("dialog-submit").click()
    message = await stage.receive_update("message")
    assert message["caption"] == "Đèn hỏng"
    assert await stage.download_file(message["photo"][-1]["file_id"]) == make_png()
    image = tab.find_messages("me").locator("img")
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("naturalWidth", 60)
    await expect(tab.find_messages("me").locator(".text")).to_have_text("Đèn hỏng")


async def test_several_photos_are_sent_as_an_album(stage: Stage, tab: Tab) -> None:
    """All updates have the same media group id."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    files = [(f"{n}.png", "image/png", make_png(colour=bytes([n, n, n]))) for n in (10, 200)]
    await tab.choose_files("photo", *files)
    await tab.find_element("dialog-submit").click()
    await expect(tab.find_messages("me").locator("img")).to_have_count(2)
    first, second = await stage.receive_update("message"), await stage.receive_update("message")
    assert first["media_group_id"] == second["media_group_id"]
    assert await stage.download_file(second["photo"][-1]["file_id"]) == files[1][2]


@pytest.mark.parametrize(
    ("kind", "name", "mime"),
    [
        ("document", "đơn kiến nghị.pdf", "application/pdf"),
        ("video", "ngo-12.mp4", "video/mp4"),
        ("voice", "loi-ke.ogg", "audio/ogg"),
    ],
)
async def test_a_file_is_sent_and_shown_with_its_size(
    stage: Stage, tab: Tab, kind: str, name: str, mime: str
) -> None:
    """The card is shown even if the browser cannot play the file."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    content = b"%made up%" * 500
    await tab.choose_files(kind, (name, mime, content))
    await tab.find_element("dialog-submit").click()
    message = await stage.receive_update("message")
    assert await stage.download_file(message[kind]["file_id"]) == content
    card = tab.find_messages("me").locator("a.file")
    await expect(card).to_contain_text("4,4 KB")
    if kind == "document":
        assert message[kind]["file_name"] == name
        await expect(card).to_contain_text(name)


async def test_a_document_of_the_bot_can_be_downloaded(stage: Stage, tab: Tab) -> None:
    """Its card is a link to the bytes that the bot sent."""
    lan = await stage.add_person("Lan")
    await stage.perform_action(lan, "document", content="xJDGoW4=", file_name="don.txt")
    file_id = (await stage.receive_update("message"))["document"]["file_id"]
    await stage.call_bot_api("sendDocument", chat_id=lan, document=file_id)
    await tab.open_page(lan)
    async with tab.page.expect_download() as download:
        await tab.find_messages("bot").locator("a.file").click()
    path = await (await download.value).path()
    assert path.read_bytes() == b"\xc4\x90\xc6\xa1n"


async def test_a_location_is_sent(stage: Stage, tab: Tab) -> None:
    """The default is Hải Phòng. A decimal comma is accepted; an impossible location is not sent."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    await tab.open_attachment("location")
    await expect(tab.find_element("field-longitude")).to_have_value("106.6881")
    await tab.find_element("field-latitude").fill("200")
    await tab.find_element("dialog-submit").click()
    await expect(tab.find_element("dialog").get_by_role("alert")).to_contain_text("Vĩ độ")
    await tab.find_element("field-latitude").fill("20,85")
    await tab.find_element("dialog-submit").click()
    location = (await stage.receive_update("message"))["location"]
    assert location["latitude"] == pytest.approx(20.85)
    assert location["longitude"] == pytest.approx(106.6881)
    await expect(tab.find_element("place")).to_contain_text("20.85000, 106.68810")
